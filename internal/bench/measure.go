package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// result is one line of the table.
type result struct {
	Goal    string  `json:"goal"`
	Engine  string  `json:"engine"`
	Subject string  `json:"subject"` // with its figure
	Peer    string  `json:"peer"`    // with its figure; "peer missing: …" when it is not there
	Ratio   float64 `json:"ratio"`   // median of the pairs, or the figure itself where there is no peer
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Want    float64 `json:"want"`
	Alarm   float64 `json:"alarm"` // 0 without one
	AtLeast bool    `json:"at_least"`
	Wall    bool    `json:"wall"` // an absolute wall figure, not judged on a busy machine
	Calm    bool    `json:"calm"`
	Load    float64 `json:"load"`    // of the machine before the turn
	Missing bool    `json:"missing"` // the peer
}

func (r result) verdict() string {
	better := func(than float64) bool {
		if r.AtLeast {
			return r.Ratio >= than
		}
		return r.Ratio <= than
	}
	switch {
	case r.Missing:
		return "not judged"
	case better(r.Want):
		return "reached"
	case r.Wall && !r.Calm:
		return "busy, not judged"
	case r.Alarm != 0 && !better(r.Alarm):
		return "alarm"
	}
	return "missed"
}

func (r result) String() string {
	sign, weather := "≤", "busy"
	if r.AtLeast {
		sign = "≥"
	}
	if r.Calm {
		weather = "calm"
	}
	figure := fmt.Sprintf("%.2f (%.2f–%.2f) %s %.2f", r.Ratio, r.Min, r.Max, sign, r.Want)
	if r.Wall && !r.Calm {
		figure = "[" + figure + "]"
	}
	return fmt.Sprintf("%-5s %-8s %s | %s | %s | %s | %s", r.Goal, r.Engine, r.Subject, r.Peer, figure, r.verdict(), weather)
}

// of is r with the median of the pair ratios and their bounds.
func (r result) of(ratios []float64) result {
	sorted := slices.Sorted(slices.Values(ratios))
	r.Ratio, r.Min, r.Max = sorted[len(sorted)/2], sorted[0], sorted[len(sorted)-1]
	return r
}

// latencies of one turn.
type latencies []time.Duration

// settled drops the first fifth.
func (l latencies) settled() latencies { return l[len(l)/5:] }

func (l latencies) at(share float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

type latencyPair struct {
	P50 time.Duration `json:"p50"`
	P99 time.Duration `json:"p99"`
}

// measureDisk appends and syncs 4 KB and 41 KB.
func measureDisk(dir string) (pair [2]latencyPair, err error) {
	for i, size := range []int{4 << 10, 41 << 10} {
		f, err := os.Create(filepath.Join(dir, "append")) //nolint:gosec // our own folder
		if err != nil {
			return pair, err
		}
		block := make([]byte, size)
		var all latencies
		for range 200 {
			begin := time.Now()
			if _, err := f.Write(block); err != nil {
				return pair, err
			}
			if err := f.Sync(); err != nil {
				return pair, err
			}
			all = append(all, time.Since(begin))
		}
		if err := f.Close(); err != nil {
			return pair, err
		}
		pair[i] = latencyPair{all.at(0.5), all.at(0.99)}
	}
	return pair, os.Remove(filepath.Join(dir, "append"))
}

// yardstick times a fixed piece of arithmetic.
func yardstick() time.Duration {
	best := time.Duration(math.MaxInt64)
	for range 3 {
		begin, x := time.Now(), uint64(1)
		for range 50_000_000 {
			x = x*6364136223846793005 + 1442695040888963407
		}
		took := time.Since(begin)
		if x == 0 { // never: keeps the loop
			took = 0
		}
		best = min(best, took)
	}
	return best
}

// steady reports whether two yardsticks agree within 5 %.
func steady(a, b time.Duration) bool {
	return math.Abs(float64(a-b)) <= 0.05*float64(min(a, b))
}

// median of the figures.
func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

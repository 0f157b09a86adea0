// Command bench measures the booking service against its peers, side by side in
// one run, and prints one table: goal, subject, peer, ratio, what the goal asks,
// and whether it is reached. A ratio is the median over pairs of turns A B A B …;
// the answer is checked before the time counts, and a wrong answer ends the run.
// Wall figures of a busy machine are not judged. The exit code is 1 only when a
// figure passes the alarm of its goal. Run it with `make bench` or `make rush`.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"kofu/internal/store"
)

// bench is one run.
type bench struct {
	dir     string // scratch folder on the disk that is measured
	server  string // DSN of a PostgreSQL server whose commits are synced
	program string // kofu-booking
	scale   int    // divides the sizes: 1 for the standard size, 1000 for the smoke test
	pairs   int
	engines []string
	made    []string // databases to drop
}

// of is n divided by the scale, at least least.
func (b *bench) of(n, least int) int { return max(least, n/b.scale) }

// A goal measures one thing. names are those of the goals that it answers.
type goal struct {
	names string
	run   func(context.Context, *bench, string) ([]result, error)
}

var goals = []goal{
	{"G18 G20", rush},
	{"G19", overHTTP},
	{"G21", availability},
	{"rush", model},
	{"queue", waitingRoom},
	{"storm", neighbours},
}

// What makes this program one of its own helpers: one that does nothing else but
// answer, as a yardstick, or a crowd that asks the service at this address.
const (
	emptyVariable = "KOFU_BENCH_EMPTY"
	crowdVariable = "KOFU_BENCH_CROWD"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	if os.Getenv(emptyVariable) != "" {
		fmt.Fprintln(os.Stderr, "bench:", serveNothing(ctx, os.Stdout))
		os.Exit(2)
	}
	if at := os.Getenv(crowdVariable); at != "" {
		if err := crowd(ctx, at, os.Args[1], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	alarm, err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if alarm {
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (alarm bool, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	chosen := flags.String("goal", "G18,G19,G21", "goals to measure")
	engines := flags.String("engine", "sqlite,postgres", "engines to measure")
	scale := flags.Int("scale", 1, "divides the sizes; 1000 is the smoke test")
	pairs := flags.Int("pairs", 5, "pairs of turns")
	file := flags.String("json", "", "file for the figures")
	program := flags.String("program", "build/bin/kofu-booking", "the booking service")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	b := &bench{server: os.Getenv("KOFU_TEST_POSTGRES"), scale: *scale, pairs: *pairs, engines: strings.Split(*engines, ",")}
	if b.server == "" {
		return false, errors.New("no PostgreSQL server in KOFU_TEST_POSTGRES; use make bench")
	}
	if b.program, err = filepath.Abs(*program); err != nil {
		return false, err
	}
	if b.dir, err = os.MkdirTemp("", "kofu-bench-"); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, b.clean()) }()
	r, err := begin(b.dir, *scale)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(out, "%d cores, %s, scale 1/%d; append and sync 4 KB p50 %v p99 %v, 41 KB p50 %v p99 %v\n", r.Cores, r.Go, r.Scale,
		r.Disk[0].P50, r.Disk[0].P99, r.Disk[1].P50, r.Disk[1].P99)
	for _, g := range goals {
		if !asked(*chosen, g.names) {
			continue
		}
		for _, engine := range b.engines {
			before, loadBefore := yardstick(), load()
			results, err := g.run(ctx, b, engine)
			if err != nil {
				return false, fmt.Errorf("%s on %s: %w", g.names, engine, err)
			}
			calm := steady(before, yardstick()) && loadBefore < 1
			for _, one := range results {
				one.Engine, one.Calm, one.Load = engine, calm, loadBefore
				r.Results = append(r.Results, one)
				alarm = alarm || one.verdict() == "alarm"
				fmt.Fprintln(out, one)
			}
		}
	}
	if *file == "" {
		return alarm, nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return false, err
	}
	return alarm, os.WriteFile(*file, append(text, '\n'), 0o600)
}

// asked reports whether one of a goal's names is among the chosen ones.
func asked(chosen, names string) bool {
	for name := range strings.FieldsSeq(names) {
		for one := range strings.SplitSeq(chosen, ",") {
			if name == one {
				return true
			}
		}
	}
	return false
}

func (b *bench) clean() error {
	var errs []error
	for _, name := range b.made {
		errs = append(errs, store.DropDatabase(context.Background(), b.server, name))
	}
	return errors.Join(append(errs, os.RemoveAll(b.dir))...)
}

// report is what the file of figures holds.
type report struct {
	At       string         `json:"at"`
	Revision string         `json:"revision"`
	Go       string         `json:"go"`
	Cores    int            `json:"cores"`
	Scale    int            `json:"scale"`
	Disk     [2]latencyPair `json:"disk"`
	Results  []result       `json:"results"`
}

func begin(dir string, scale int) (r report, err error) {
	r = report{At: time.Now().UTC().Format(time.RFC3339), Go: runtime.Version(), Cores: runtime.NumCPU(), Scale: scale}
	if head, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		r.Revision = strings.TrimSpace(string(head))
	}
	r.Disk, err = measureDisk(dir)
	return r, err
}

// load is the machine's load of the last minute.
func load() (l float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	_, _ = fmt.Sscan(string(text), &l) // 0 where it cannot be read
	return l
}

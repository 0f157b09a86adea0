package ulid_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/internal/booking/ulid"
)

func TestNew_OrderFormAndRandomness(t *testing.T) {
	at := time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)
	var ids []string
	seen := map[string]bool{}
	for i := range 1000 {
		id := ulid.New(at.Add(time.Duration(i) * time.Millisecond))
		if len(id) != 26 || strings.Trim(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
			t.Fatalf("%q is no ULID", id)
		}
		if seen[id[10:]] {
			t.Fatalf("random part of %s came twice", id)
		}
		seen[id[10:]] = true
		ids = append(ids, id)
	}
	if !slices.IsSorted(ids) {
		t.Error("the order of the texts is not the order of the instants")
	}
	for range 300 { // within one millisecond, over the end of a byte
		if id := ulid.New(at); id <= ids[len(ids)-1] && len(ids) > 1000 {
			t.Fatalf("%s does not follow %s", id, ids[len(ids)-1])
		} else {
			ids = append(ids, id)
		}
	}
	// The time part as any other implementation writes it: 1469918176385 ms is 01ARYZ6S41.
	if id := ulid.New(time.UnixMilli(1469918176385)); !strings.HasPrefix(id, "01ARYZ6S41") {
		t.Errorf("%s, want the time part 01ARYZ6S41", id)
	}
}

// After follows an identifier of a clock that is ahead, and is random all the
// same: two servers that follow the same one do not meet.
func TestAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 0, 30, 0, 0, time.UTC)
	ahead := ulid.New(now.Add(5 * time.Second))
	one, two := ulid.After(now, ahead), ulid.After(now, ahead)
	if one <= ahead || two <= ahead || one == two {
		t.Errorf("%s and %s after %s", one, two, ahead)
	}
	for chain, last := 0, ahead; chain < 1000; chain++ {
		next := ulid.After(now, last)
		if next <= last || len(next) != 26 {
			t.Fatalf("%s after %s", next, last)
		}
		last = next
	}
	if id := ulid.After(now, ulid.New(now.Add(-time.Hour))); !strings.HasPrefix(id, ulid.New(now)[:9]) {
		t.Errorf("%s is not of the instant", id)
	}
	if id := ulid.After(now, ""); len(id) != 26 {
		t.Errorf("%q after none", id)
	}
}

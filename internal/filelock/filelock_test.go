package filelock_test

import (
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"kofu/internal/filelock"
)

// Who tries is told at once that somebody else has the lock; who waits gets it as
// soon as it is given back.
func TestFilelock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := filelock.Try(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Try(path); !errors.Is(err, filelock.ErrTaken) {
		t.Errorf("tried a second time: %v", err)
	}
	var back atomic.Bool
	done := make(chan error, 1)
	go func() {
		second, err := filelock.Wait(path)
		switch {
		case err != nil:
		case !back.Load():
			err = errors.New("two have the lock")
		default:
			err = second.Close()
		}
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("waited for nobody: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	back.Store(true)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	third, err := filelock.Try(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}

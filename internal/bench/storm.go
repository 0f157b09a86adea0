package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
)

// storm is a crowd in a process of its own.
type storm struct {
	cmd *exec.Cmd
	in  io.Closer
	out io.Reader
}

// startStorm lets so many clients ask the first municipality of the service.
func startStorm(ctx context.Context, at string, clients int) (*storm, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &storm{cmd: exec.CommandContext(ctx, self, strconv.Itoa(clients))} //nolint:gosec // this very program
	s.cmd.Env = append(os.Environ(), crowdVariable+"="+at)
	s.cmd.Stderr = os.Stderr
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if s.out, err = s.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return s, s.cmd.Start()
}

// stop ends it. It returns how many answers came, and how many of them refused or
// gave a number to wait with.
func (s *storm) stop() (asked, turned int64, err error) {
	err = s.in.Close()
	if _, unread := fmt.Fscan(s.out, &asked, &turned); unread != nil {
		err = errors.Join(err, fmt.Errorf("the storm: %w", unread))
	}
	return asked, turned, errors.Join(err, s.cmd.Wait())
}

// crowd asks until in ends, and says how often and how many had to wait.
func crowd(ctx context.Context, at, clients string, in io.Reader, out io.Writer) error {
	n, err := strconv.Atoi(clients)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	s := &service{at: at, client: browser()}
	var people sync.WaitGroup
	var asked, turned atomic.Int64
	for range n {
		people.Go(func() {
			for ctx.Err() == nil {
				one := s.visitor(1)
				p, err := one.request(ctx, "/ja/code", nil)
				if err != nil {
					continue // the end
				}
				asked.Add(1)
				if p.status != http.StatusOK || one.cookies["kofu_ticket"] != "" {
					turned.Add(1)
				}
			}
		})
	}
	_, _ = io.Copy(io.Discard, in) // until it is closed
	end()
	people.Wait()
	_, err = fmt.Fprintln(out, asked.Load(), turned.Load())
	return err
}

package program

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Secrets asks for what must not stand on a command line or a screen.
type Secrets struct {
	in    io.Reader
	ask   io.Writer
	lines *bufio.Reader
}

// NewSecrets asks on one writer and reads the answers, one a line, from a terminal
// that shows nothing of them or from whatever in is.
func NewSecrets(in io.Reader, ask io.Writer) *Secrets {
	return &Secrets{in: in, ask: ask, lines: bufio.NewReader(in)}
}

// Ask asks for one.
func (s *Secrets) Ask(question string) (string, error) {
	if _, err := fmt.Fprint(s.ask, question); err != nil {
		return "", err
	}
	if f, is := s.in.(*os.File); is && term.IsTerminal(int(f.Fd())) { //nolint:gosec // a small number
		answer, err := term.ReadPassword(int(f.Fd())) //nolint:gosec // a small number
		_, lineErr := fmt.Fprintln(s.ask)
		return string(answer), errors.Join(err, lineErr)
	}
	line, err := s.lines.ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

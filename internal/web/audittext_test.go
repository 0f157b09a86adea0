package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kofu/internal/card"
	"kofu/internal/message"
)

// loggers are the functions that write to the audit log, ours around it
// included, and the place of the action among their arguments.
var loggers = map[string]int{"audit.Append": 1, "audit.AppendResult": 1, "recorded": 2, "c.looked": 1, "c.exported": 1}

var (
	actionForm = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
	// composed are the actions that are put together while running.
	composed = map[string][]string{
		`"card."`:    actWords(),
		`"import."`:  {"cancelled", "failed"},
		`"counter."`: {"arrive", "finish", "again", "undo"},
	}
)

func actWords() (words []string) {
	for _, act := range []card.Act{
		card.ActList, card.ActReceive, card.ActReportMissing, card.ActInspect, card.ActFailInspection, card.ActPreset, card.ActShelve,
		card.ActPick, card.ActToCounter, card.ActPrint, card.ActPost, card.ActUnprint, card.ActUnpost, card.ActHandOver, card.ActWithdraw,
		card.ActVoid, card.ActUndo, card.ActHold, card.ActRelease,
	} {
		words = append(words, string(act))
	}
	return words
}

// Whoever reads the log sees words, not codes, and chooses among them: every
// action that the program writes has its text.
func TestAudit_EveryActionHasAText(t *testing.T) {
	actions := map[string]string{}
	for _, dir := range []string{"..", filepath.Join("..", "..", "app")} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, action := range actionsOf(t, path, source) {
				actions[action] = path
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(actions) < 50 {
		t.Errorf("only %d actions found", len(actions))
	}
	for action, path := range actions {
		if !message.Has("audit.action." + action) {
			t.Errorf("%s: the action %q has no text audit.action.%s", path, action, action)
		}
	}
}

func actionsOf(t *testing.T, path string, source []byte) (actions []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := func(n ast.Node) string { return string(source[n.Pos()-1 : n.End()-1]) }
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		at, known := loggers[text(call.Fun)]
		if !known || at >= len(call.Args) {
			return true
		}
		switch arg := call.Args[at].(type) {
		case *ast.BasicLit:
			action, err := strconv.Unquote(arg.Value)
			if err != nil || !actionForm.MatchString(action) {
				t.Errorf("%s: %s is no action", path, arg.Value)
			}
			actions = append(actions, action)
		case *ast.BinaryExpr:
			prefix := text(arg.X)
			if composed[prefix] == nil {
				t.Errorf("%s: which actions does %s make?", path, text(arg))
			}
			for _, word := range composed[prefix] {
				actions = append(actions, strings.Trim(prefix, `"`)+word)
			}
		}
		return true
	})
	return actions
}

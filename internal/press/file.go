package press

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/paper"
	"kofu/internal/store"
)

// The parts of a run.
const (
	LabelsPart  = "labels"
	LettersPart = "letters"
	GuidesPart  = "guides" // only where there is a booking service
)

func fileName(runID int64, part string, volume int) string {
	return fmt.Sprintf("run-%d-%s-%d.pdf", runID, part, volume)
}

func (j *job) write(ctx context.Context, dir string, progress paper.Progress) error {
	labels, addressees := j.labels()
	total := 2 * len(j.pieces)
	if Guides(j.settings) {
		total += len(j.pieces)
	}
	err := writeFile(filepath.Join(dir, fileName(j.run.ID, LabelsPart, 1)), func(w io.Writer) error {
		_, err := labels.Render(ctx, w, addressees, shifted(progress, 0, total))
		return err
	})
	if err != nil {
		return err
	}
	form, list := j.letters()
	for i, v := range paper.Volumes(len(list)) {
		form.Control = j.control(v.To - v.From)
		err := writeFile(filepath.Join(dir, fileName(j.run.ID, LettersPart, i+1)), func(w io.Writer) error {
			_, err := form.Render(ctx, w, list[v.From:v.To], shifted(progress, len(j.pieces)+v.From, total))
			return err
		})
		if err != nil {
			return err
		}
	}
	if !Guides(j.settings) {
		return nil
	}
	sheets, guides := j.guides()
	for i, v := range paper.Volumes(len(guides)) {
		err := writeFile(filepath.Join(dir, fileName(j.run.ID, GuidesPart, i+1)), func(w io.Writer) error {
			return sheets.Render(ctx, w, guides[v.From:v.To], shifted(progress, 2*len(j.pieces)+v.From, total))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func shifted(progress paper.Progress, by, total int) paper.Progress {
	if progress == nil {
		return nil
	}
	return func(done, _ int) { progress(by+done, total) }
}

// writeFile writes under another name first, so that a half-made PDF is never
// found.
func writeFile(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path+".partial", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // below the spool folder
	if err != nil {
		return err
	}
	if err := errors.Join(fill(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".partial"))
	}
	return os.Rename(path+".partial", path)
}

// Volumes is the number of PDF files that the letters of a run make.
func Volumes(run notice.Run) int { return len(paper.Volumes(run.Pieces)) }

// File returns the path of a PDF of a printed run, and makes it anew when the
// spool folder was emptied since. Errors: fault.Conflict "notice.wrong_state",
// "press.fonts_changed" when it would have to be made with other fonts than the
// first time, fault.NotFound "press.no_volume".
func (o Office) File(ctx context.Context, runID int64, part string, volume int, dir string) (path string, err error) {
	defer fault.Add(&err, "press.File(%d)", runID)
	j, path, made, err := o.find(ctx, runID, part, volume, dir)
	if err != nil || made {
		return path, err
	}
	if changed := j.otherFonts(); len(changed) > 0 {
		return "", fault.New(fault.Conflict, "press.fonts_changed", "run", j.run.No, "fonts", strings.Join(changed, message.Text("press.and", nil)))
	}
	return path, j.write(ctx, dir, nil)
}

// Reprint is File for somebody who knows that the fonts have changed since, and
// has compared the letters. It goes into the log with the fonts of now.
func (o Office) Reprint(ctx context.Context, actor store.Actor, runID int64, part string, volume int, dir string) (path string, err error) {
	defer fault.Add(&err, "press.Reprint(%d)", runID)
	j, path, made, err := o.find(ctx, runID, part, volume, dir)
	if err != nil || made {
		return path, err
	}
	if err := j.write(ctx, dir, nil); err != nil {
		return "", err
	}
	return path, o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		return audit.Append(tx, "notice.reprinted", fmt.Sprintf("notice_run/%d", runID), map[string]any{"fonts": j.fonts})
	})
}

// find looks for a PDF of a printed run in the spool folder.
func (o Office) find(ctx context.Context, runID int64, part string, volume int, dir string) (j *job, path string, made bool, err error) {
	if j, err = o.load(ctx, runID); err != nil {
		return nil, "", false, err
	}
	if j.run.State != notice.Ready && j.run.State != notice.Posted {
		return nil, "", false, fault.New(fault.Conflict, "notice.wrong_state", "run", j.run.No, "state", "@run_state."+string(j.run.State))
	}
	volumes := 1
	switch {
	case part == GuidesPart && !Guides(j.settings):
		volumes = 0
	case part != LabelsPart:
		volumes = Volumes(j.run)
	}
	if volume < 1 || volume > volumes {
		return nil, "", false, fault.New(fault.NotFound, "press.no_volume")
	}
	path = filepath.Join(dir, fileName(runID, part, volume))
	_, err = os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return j, path, false, nil
	}
	return j, path, err == nil, err
}

// otherFonts names the fonts that the run was printed with and that are not
// the same any more, and those that came between them. The 外字 of sets that no
// piece is written in do not matter.
func (j *job) otherFonts() (names []string) {
	var then []Font
	if err := json.Unmarshal([]byte(j.run.Fonts), &then); err != nil {
		return []string{err.Error()}
	}
	before, now := j.concerning(then), j.concerning(j.fonts)
	for i := range max(len(before), len(now)) {
		switch {
		case i >= len(now):
			names = append(names, before[i].label())
		case i >= len(before) || before[i].SHA256 != now[i].SHA256 || before[i].GaijiSet != now[i].GaijiSet:
			names = append(names, now[i].label())
		}
	}
	return names
}

func (j *job) concerning(fonts []Font) []Font {
	return slices.DeleteFunc(slices.Clone(fonts), func(f Font) bool {
		return f.Role != string(glyph.Text) &&
			!slices.ContainsFunc(j.pieces, func(p notice.Piece) bool { return p.GaijiSet == f.GaijiSet })
	})
}

// label is what people call the font: the gaiji set, or the file.
func (f Font) label() string {
	if f.GaijiSet != "" {
		return f.GaijiSet
	}
	return f.Name
}

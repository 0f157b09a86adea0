package intake

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"kofu/internal/audit"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/store"
	"kofu/internal/tabfile"
)

// Preview takes an upload in, reads all of it and says what applying it would
// change. Nothing but the import itself is stored. A file that is refused
// leaves no trace in the database. Errors: those of tabfile.Read,
// fault.Conflict "import.same_file" when the same bytes were applied before,
// fault.Invalid "import.workbook", "import.profile_unclear", "import.profile_unknown",
// "import.strict_rows", "import.no_good_row", and those of the domain such as
// "delivery.lot_exists".
func Preview(ctx context.Context, db *store.DB, actor store.Actor, up Upload) (run Run, err error) {
	defer fault.Add(&err, "intake.Preview")
	s, err := keep(ctx, db, up.Reader)
	if err != nil {
		return Run{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.remove(db))
		}
	}()
	if err := refuseBook(s.head); err != nil {
		return Run{}, err
	}
	run = Run{FileName: shownName(up.FileName), Size: s.size, SHA256: s.sha256, LotNo: strings.TrimSpace(up.LotNo), spool: s.name}
	profile, err := choose(ctx, db, up, s)
	if err != nil {
		return Run{}, err
	}
	run.Profile, run.Kind, run.Encoding = profile.ID, profile.Kind, string(profile.Encoding)
	if err := db.Read(ctx, func(rx *store.Rx) error { return refuseSame(rx, run) }); err != nil {
		return Run{}, err
	}
	found, err := examine(ctx, db, actor, &run, profile)
	if err != nil {
		return Run{}, err
	}
	return run, db.Write(ctx, actor, func(tx *store.Tx) error { return register(tx, &run, found) })
}

// refuseBook refuses a workbook or an archive whatever its name: saving a list
// from the spreadsheet in the wrong format is the commonest slip.
func refuseBook(head []byte) error {
	for _, mark := range []string{"PK\x03\x04", "\xD0\xCF\x11\xE0"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return fault.New(fault.Invalid, "import.workbook")
		}
	}
	return nil
}

// shownName is the name of the file without folders, short enough to show and
// without what must not be kept.
func shownName(name string) string {
	name = filepath.Base(strings.ReplaceAll(entry.Visible(name), `\`, "/"))
	if utf8.RuneCountInString(name) > 120 {
		name = string([]rune(name)[:120])
	}
	return name
}

// refuseSame refuses a file that was applied before, naming that import.
func refuseSame(rx *store.Rx, run Run) error {
	earlier, found, err := appliedWith(rx, run.SHA256)
	if err != nil || !found {
		return err
	}
	at, err := store.ParseStamp(earlier.AppliedAt)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "import.same_file", "no", strconv.FormatInt(earlier.ID, 10), "file", earlier.FileName,
		"date", store.Day(at), "by", earlier.AppliedBy)
}

// examine reads the whole file, so that whatever refuses it is found before
// anybody has to wait, and then rehearses the import.
func examine(ctx context.Context, db *store.DB, actor store.Actor, run *Run, profile tabfile.Profile) (_ *finder, err error) {
	file, err := openCopy(db, run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	l, err := lookAt(ctx, db, run, profile, file)
	if err != nil {
		return nil, err
	}
	if err := l.acceptable(profile); err != nil {
		return nil, err
	}
	run.Rows, run.Columns, run.Sample = l.report.Rows, l.report.Columns, l.report.Sample
	run.FileDate = l.report.Header["created_on"]
	w, err := rehearse(ctx, db, actor, *run, profile, l, file)
	if err != nil {
		return nil, err
	}
	run.take(w)
	return w.found, nil
}

// acceptable refuses a file with rejected rows that its profile forbids, or
// without any other.
func (l *look) acceptable(profile tabfile.Profile) error {
	switch {
	case l.report.Rejected > 0 && wholeOnly(profile):
		return l.found.refusal(rejectedRows("import.strict_rows", l.report.Rejected))
	case l.report.Accepted == 0:
		return l.found.refusal(rejectedRows("import.no_good_row", l.report.Rejected))
	}
	return nil
}

// take notes what carrying the import out gave.
func (r *Run) take(w *worker) {
	r.LotNo = w.run.LotNo
	r.Counts, r.DeliveryID, r.FindingsTotal = w.counts, w.deliveryID, w.found.total
	r.Findings = w.found.sorted()
	r.Findings = r.Findings[:min(len(r.Findings), shownFindings)]
	if r.FileDate == "" {
		r.FileDate = w.latest
	}
}

// register stores a previewed import with its findings.
func register(tx *store.Tx, run *Run, found *finder) error {
	last, err := latestDate(tx.Rx, run.Profile)
	if err != nil {
		return err
	}
	if run.FileDate != "" && run.FileDate < last {
		run.Warnings = append(run.Warnings, Warning{"import.older", fault.Args("date", run.FileDate, "last", last)})
	}
	if found.total > keptFindings {
		run.Warnings = append(run.Warnings, Warning{"import.more_findings", fault.Args("kept", strconv.Itoa(keptFindings), "total", strconv.Itoa(found.total))})
	}
	run.DeliveryID = 0 // that of the rehearsal
	if err := insertRun(tx, run); err != nil {
		return err
	}
	if err := saveFindings(tx, run.ID, found.sorted()); err != nil {
		return err
	}
	return audit.Append(tx, "import.previewed", run.Object(), run.figures())
}

package agree_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/agree"
	"kofu/internal/event"
)

// Whoever stood there was there, whatever else is told, in whatever order; and a
// step taken back uncovers what was below.
func TestCase04_VisitedWins(t *testing.T) {
	p := agree.Person{Booked: agree.Active}
	p.Record(agree.Office, agree.Arrive)
	p.Told(agree.Cloud, agree.Cancelled) // at 8:00, and the office came in with yesterday's list
	if got := p.State(); got != agree.Arrived {
		t.Errorf("the person is here, and %q", got)
	}
	p.Record(agree.Office, agree.Finish)
	if got := p.State(); got != agree.Visited {
		t.Errorf("the person is done, and %q", got)
	}
	p.Record(agree.Office, agree.Undo)
	p.Record(agree.Office, agree.Undo)
	if got := p.State(); got != agree.Cancelled {
		t.Errorf("it was the wrong row, and the booking is %q", got)
	}
}

func TestCase05_NobodyIsAccused(t *testing.T) {
	for _, one := range []struct {
		placed, seen int64
		want         agree.State
	}{{7, 7, agree.NoShow}, {8, 7, agree.Unreconciled}, {-1, 7, agree.Unreconciled}, {0, 0, agree.NoShow}} {
		p := agree.Person{Booked: agree.Missed}
		if !p.Settle(agree.Seen(one.placed, one.seen)) || p.State() != one.want {
			t.Errorf("placed %d, seen %d: %q, want %q", one.placed, one.seen, p.State(), one.want)
		}
		if p.Settle(true) {
			t.Error("settled twice")
		}
	}
}

func TestCase06_MissedAndDone(t *testing.T) {
	p := agree.Person{Booked: agree.Missed}
	p.Record(agree.Office, agree.Finish)
	if p.Settle(true) || p.State() != agree.Visited {
		t.Errorf("done in the end, and %q", p.State())
	}
}

// What the office refuses is over for the office at once; what the owner says
// counts.
func TestCase01_RefusedUntilToldOtherwise(t *testing.T) {
	p := agree.Person{Booked: agree.Active}
	if !p.Refuse() || p.Refuse() || p.Expected() {
		t.Errorf("refused: %+v", p)
	}
	p.Told(agree.Cloud, agree.Missed) // on its way when the office refused
	if p.State() != agree.Missed {
		t.Errorf("missed, and %q", p.State())
	}
	p.Told(agree.Cloud, agree.Active) // moved
	if !p.Expected() {
		t.Error("a booking that was moved is not judged anew")
	}
}

const link = "0000000000000001"

func TestJudge(t *testing.T) {
	ready := agree.Link{State: agree.Ready, Gen: 2}
	member := event.Member{Link: link, Gen: 2, Svc: []string{agree.Receive, "renew"}}
	only := event.Member{Link: link, Gen: 2, Svc: []string{agree.Receive}}
	older := event.Member{Link: link, Gen: 1, Svc: []string{agree.Receive}}
	as := func(s agree.LinkState) agree.Facts { return agree.Facts{Link: agree.Link{State: s, Gen: 2}} }
	for name, one := range map[string]struct {
		member event.Member
		facts  agree.Facts
		want   agree.Verdict
	}{
		"ready":               {member, agree.Facts{Link: ready}, agree.Verdict{Svc: member.Svc}},
		"Case01 withdrawn":    {member, as(agree.Withdrawn), agree.Verdict{Refuse: true, Code: event.Withdrawn, Case: 1, Svc: member.Svc}},
		"Case01 held":         {member, as(agree.Held), agree.Verdict{Ask: true, Case: 1, Svc: member.Svc}},
		"Case02":              {older, agree.Facts{Link: ready}, agree.Verdict{Refuse: true, Code: event.Superseded, Case: 2, Svc: older.Svc}},
		"Case03":              {only, agree.Facts{Link: ready, Own: true}, agree.Verdict{Refuse: true, Code: event.OfficeWins, Case: 3, Svc: only.Svc}},
		"Case05":              {only, agree.Facts{Link: ready, Closed: true}, agree.Verdict{Case: 5, Svc: only.Svc}},
		"Case07 card alone":   {only, as(agree.Closed), agree.Verdict{Refuse: true, Code: event.ClosedLink, Svc: []string{}}},
		"Case07 other errand": {member, as(agree.Closed), agree.Verdict{Svc: []string{"renew"}}},
		"Case12 unknown":      {only, agree.Facts{}, agree.Verdict{Hold: true, Case: 12, Svc: only.Svc}},
		"Case12 newer":        {only, agree.Facts{Link: agree.Link{State: agree.Ready, Gen: 1}}, agree.Verdict{Hold: true, Case: 12, Svc: only.Svc}},
		"without a code":      {event.Member{Gen: 1, Svc: only.Svc, NoCode: true}, agree.Facts{}, agree.Verdict{Svc: only.Svc}},
	} {
		if diff := cmp.Diff(one.want, agree.Judge(one.member, one.facts)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNext(t *testing.T) {
	l := agree.Link{}
	for i, one := range []struct {
		event event.Body
		want  agree.Link
		does  agree.Effect
	}{
		{event.LinkReady{Gen: 1}, agree.Link{}, agree.Quarantine}, // Case12
		{event.LinkIssue{Gen: 1}, agree.Link{State: agree.Issued, Gen: 1}, agree.EndsOlder},
		{event.LinkReady{Gen: 1}, agree.Link{State: agree.Ready, Gen: 1}, agree.Leaves},
		{event.LinkIssue{Gen: 1}, agree.Link{State: agree.Ready, Gen: 1}, agree.Leaves},
		{event.LinkHold{Gen: 1}, agree.Link{State: agree.Held, Gen: 1}, agree.Leaves},
		{event.LinkRekey{}, agree.Link{State: agree.Held, Gen: 1}, agree.Leaves}, // Case10
		{event.LinkWithdraw{Gen: 1}, agree.Link{State: agree.Withdrawn, Gen: 1}, agree.EndsAll},
		{event.LinkReady{Gen: 1}, agree.Link{State: agree.Withdrawn, Gen: 1}, agree.Leaves},
		{event.LinkIssue{Gen: 2}, agree.Link{State: agree.Issued, Gen: 2}, agree.EndsOlder}, // Case02
		{event.LinkReady{Gen: 1}, agree.Link{State: agree.Issued, Gen: 2}, agree.Leaves},
		{event.LinkClose{Gen: 2}, agree.Link{State: agree.Closed, Gen: 2}, agree.EndsCards}, // Case07
		{event.LinkWithdraw{Gen: 2}, agree.Link{State: agree.Closed, Gen: 2}, agree.Leaves},
		{event.LinkWithdraw{Gen: 3}, agree.Link{State: agree.Closed, Gen: 2}, agree.Quarantine},
	} {
		got, does := l.Next(one.event)
		if got != one.want || does != one.does {
			t.Errorf("%d, %s after %v: %v, %d, want %v, %d", i, one.event.Type(), l, got, does, one.want, one.does)
		}
		l = got
	}
}

// Case11: a side that was put back takes the peer's facts, and its own only where
// it has lost some.
func TestCase11_Merge(t *testing.T) {
	asked := event.LogRestored{Was: "a", Head: 10}
	for seen, want := range map[int64]bool{9: false, 10: false, 11: true} {
		if got := agree.Lost(asked, event.SnapshotBegin{Was: "a", Seen: seen}); got != want {
			t.Errorf("the peer has seen %d of 10: lost %v", seen, got)
		}
	}
	mine := agree.Person{Booked: agree.Missed, Visits: [2]agree.Visit{agree.Nothing, agree.HasCome}}
	told := agree.Person{Booked: agree.Active, Refused: true, Visits: [2]agree.Visit{agree.IsDone, agree.Nothing}}
	want := agree.Person{Booked: agree.Missed, Refused: true, Visits: [2]agree.Visit{agree.IsDone, agree.HasCome}}
	if diff := cmp.Diff(want, agree.Merge(agree.Cloud, &mine, told, true, false)); diff != "" {
		t.Errorf("the cloud, nothing lost (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(told, agree.Merge(agree.Cloud, &mine, told, true, true)); diff != "" {
		t.Errorf("the cloud, facts lost (-want +got):\n%s", diff)
	}
}

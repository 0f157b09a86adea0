package intake

import (
	"encoding/base64"

	"kofu/internal/booking/member"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/sync"
	"kofu/internal/event"
	"kofu/internal/relay"
	"kofu/internal/store"
)

// answer tells an office whose database was put back everything that is held
// here: codes, bookings of both sides, closed days, and the configuration.
func (n *End) answer(tx *store.Tx, asked event.LogRestored) error {
	s, err := relay.Load(tx.Rx)
	if err != nil {
		return err
	}
	was, seen, err := heardBefore(tx.Rx, n.Desk.Tenant, s.PeerEpoch)
	if err != nil {
		return err
	}
	if was == "" { // it asks at its first bundle: nothing was heard before
		was = asked.Was
	}
	speaker, err := sync.Speak(tx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	say := speaker.Say
	if err := say(event.SnapshotBegin{For: s.PeerEpoch, Was: was, Seen: seen}); err != nil {
		return err
	}
	end := event.SnapshotEnd{For: s.PeerEpoch}
	codes, err := member.All(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	for _, m := range codes {
		end.Links++
		if err := say(snapshotLink(m)); err != nil {
			return err
		}
	}
	err = reserve.EachTold(tx.Rx, n.Desk.Tenant, func(b event.SnapshotBooking) error {
		end.Bookings++
		return say(b)
	})
	if err != nil {
		return err
	}
	days, err := reserve.ClosedDays(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	for _, d := range days {
		end.Days++
		if err := say(d); err != nil {
			return err
		}
	}
	over, err := overs(tx.Rx, n.Desk.Tenant)
	if err != nil {
		return err
	}
	for _, o := range over {
		if err := say(o); err != nil {
			return err
		}
		if err := noteTold(tx, n.Desk.Tenant, overObject(o), ""); err != nil { // so that it hears when that is over
			return err
		}
	}
	return say(end)
}

func snapshotLink(m member.Member) event.SnapshotLink {
	l := event.SnapshotLink{
		Link: m.Link, Key: m.KeyID, Gen: m.Gen, State: string(m.State), Windows: m.Windows, BookFrom: store.Stamp(m.From),
		Until: store.Stamp(m.Until), Group: m.Group, Ordinal: m.Ordinal, OfficeOnly: m.OfficeOnly, Lang: m.Lang, Used: m.OpenedAt,
		Hash: base64.RawURLEncoding.EncodeToString(m.CodeMAC), BirthHash: base64.RawURLEncoding.EncodeToString(m.BirthMAC),
	}
	for _, p := range m.Procs.List() {
		l.Svc = append(l.Svc, string(p))
	}
	return l
}

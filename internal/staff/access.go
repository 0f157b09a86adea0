package staff

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"kofu/internal/fault"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// accessDocument is the name of the document in package settings.
const accessDocument = "staff.access"

// Access is what a municipality decides about the work of its staff with the
// booking service.
type Access struct {
	Networks      []string `json:"networks"`      // from which the staff may ask, such as 10.1.0.0/16; empty: from everywhere
	IdleMinutes   int      `json:"idleMinutes"`   // 1–60: a session without a request ends
	ReasonScreens []string `json:"reasonScreens"` // codes of the screens that ask for a reason before they show a record
}

// LoadAccess returns what holds now and its version, 0 before the first change.
func LoadAccess(rx *store.Rx) (Access, int, error) {
	a := Access{Networks: []string{}, IdleMinutes: 30, ReasonScreens: []string{}}
	version, err := settings.LoadDocument(rx, accessDocument, &a)
	return a, version, err
}

// SaveAccess makes a the next version; version is the one that was seen and
// from the address of who changes it, which must stay inside. Errors:
// fault.Invalid "settings.invalid" with details, fault.Conflict
// "settings.changed_meanwhile".
func SaveAccess(tx *store.Tx, a Access, version int, from netip.Addr) (next int, err error) {
	defer fault.Add(&err, "staff.SaveAccess(%d)", version)
	for i, n := range a.Networks {
		a.Networks[i] = strings.TrimSpace(n)
	}
	a.Networks, a.ReasonScreens = noneEmpty(a.Networks), noneEmpty(a.ReasonScreens)
	return settings.SaveDocument(tx, accessDocument, version, a, func() []fault.Detail { return a.check(from) })
}

func noneEmpty(list []string) []string {
	return append([]string{}, slices.DeleteFunc(once(list), func(s string) bool { return s == "" })...)
}

func (a Access) check(from netip.Addr) (details []fault.Detail) {
	inside := len(a.Networks) == 0
	for _, text := range a.Networks {
		network, err := parseNetwork(text)
		if err != nil {
			details = append(details, fault.Detail{Code: "staff.network_form", Column: "networks", Value: text})
		}
		inside = inside || err == nil && network.Contains(from.Unmap().WithZone(""))
	}
	if !inside && len(details) == 0 {
		details = append(details, fault.Detail{Code: "staff.network_without_you", Column: "networks", Value: from.String()})
	}
	if a.IdleMinutes < 1 || a.IdleMinutes > 60 {
		details = append(details, fault.Detail{Code: "staff.idle_minutes", Column: "idleMinutes"})
	}
	return details
}

// parseNetwork reads a network, or one address as a network of its own.
func parseNetwork(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		return addr.Unmap().WithZone("").Prefix(addr.Unmap().BitLen())
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err
}

// Networks returns a function for gate.Config.Allowed: the networks from which
// the staff of the municipality may ask.
func Networks(db *store.DB) func(context.Context) ([]netip.Prefix, error) {
	return func(ctx context.Context) (networks []netip.Prefix, err error) {
		err = db.Read(ctx, func(rx *store.Rx) error {
			access, _, err := LoadAccess(rx)
			for _, text := range access.Networks {
				network, err := parseNetwork(text)
				if err != nil {
					return err
				}
				networks = append(networks, network)
			}
			return err
		})
		return networks, err
	}
}

// Idle is a function for gate.Config.Idle: how long a session lasts without a
// request.
func Idle(rx *store.Rx) (time.Duration, error) {
	access, _, err := LoadAccess(rx)
	return time.Duration(access.IdleMinutes) * time.Minute, err
}

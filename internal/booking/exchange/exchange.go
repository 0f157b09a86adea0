// Package exchange is the door of the booking service for the programs of the
// offices: one call that the office starts, with its bundle as the body and ours
// as the answer. Whoever calls shows the signing key of an office that two people
// have confirmed, and sees ours; the name in the call says which municipality is
// meant. It never calls anybody. Writes no table.
package exchange

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/intake"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// Path is where bundles go.
const Path = "/exchange"

// RefusedHeader names the code for which the office's bundle was not taken in.
// The answer is our bundle all the same: it says what is missing.
const RefusedHeader = "Kofu-Refused"

// Door serves all municipalities of a service.
type Door struct {
	List  func(context.Context) ([]town.Town, error)
	End   func(town.Town) (*intake.End, error) // with the keys as they are now
	Clock func() time.Time
	Log   *slog.Logger
}

// find returns the municipality of a host name. A call without one, as to a bare
// address, is for the only municipality that there is.
func (d *Door) find(ctx context.Context, host string) (town.Town, *intake.End, error) {
	towns, err := d.List(ctx)
	if err != nil {
		return town.Town{}, nil, err
	}
	host = strings.ToLower(host)
	for _, t := range towns {
		if host != "" && (host == t.Host || host == t.StaffHost) || host == "" && len(towns) == 1 {
			end, err := d.End(t)
			return t, end, err
		}
	}
	return town.Town{}, nil, fault.New(fault.NotFound, "exchange.no_town")
}

// TLS are the settings of the listener: each call is answered with the keys of
// the municipality that it names.
func (d *Door) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			_, end, err := d.find(hello.Context(), hello.ServerName)
			if err != nil {
				return nil, err
			}
			own, peers, err := d.keys(end)
			if err != nil {
				return nil, err
			}
			return own.TLS(peers)
		},
	}
}

func (d *Door) keys(end *intake.End) (*seal.Secret, []seal.Public, error) {
	own, err := end.Book.Own()
	if err != nil {
		return nil, nil, err
	}
	r, err := end.Book.Receiver(d.Clock())
	return own, r.Senders, err
}

// Handler answers calls.
func (d *Door) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, d.post)
	return mux
}

// post takes in the bundle of an office, if it holds one, and answers with ours, or
// with nothing while our people have counts to compare.
func (d *Door) post(w http.ResponseWriter, r *http.Request) {
	t, end, err := d.caller(r)
	if err != nil {
		d.fail(w, t, err)
		return
	}
	actor := store.Actor{ID: "exchange", Name: "exchange", Role: "program", Terminal: remote(r)}
	refused := ""
	if r.ContentLength != 0 {
		_, err := end.Take(r.Context(), actor, http.MaxBytesReader(w, r.Body, seal.SizeLimit+1), r.ContentLength)
		f, known := fault.As(err)
		switch {
		case err == nil:
		case known && (f.Kind == fault.Invalid || f.Kind == fault.Conflict):
			refused = f.Code
			d.Log.Warn("bundle refused", "tenant", t.ID, "code", f.Code)
		default:
			d.fail(w, t, err)
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	if refused != "" {
		w.Header().Set(RefusedHeader, refused)
	}
	var answer bytes.Buffer
	if _, err := end.Give(r.Context(), actor, &answer); fault.Is(err, fault.Conflict, "intake.confirm_first") {
		w.WriteHeader(http.StatusNoContent)
		return
	} else if err != nil {
		d.fail(w, t, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(answer.Len()))
	_, _ = w.Write(answer.Bytes()) // an answer that is lost is sent again
}

// caller is the municipality whose office calls: the one that the connection
// names, if the key that was shown is still its office's.
func (d *Door) caller(r *http.Request) (town.Town, *intake.End, error) {
	if r.TLS == nil {
		return town.Town{}, nil, fault.New(fault.Forbidden, "seal.wrong_peer")
	}
	t, end, err := d.find(r.Context(), r.TLS.ServerName)
	if err != nil {
		return t, nil, err
	}
	own, peers, err := d.keys(end)
	switch {
	case err != nil:
		return t, nil, err
	case !own.Peer(*r.TLS, peers):
		return t, nil, fault.New(fault.Forbidden, "seal.wrong_peer")
	}
	// A service that was put back serves nobody but the office that it asks.
	if _, asks, err := end.Recovery(r.Context()); err != nil || t.Frozen() && !asks {
		if err == nil {
			err = fault.New(fault.Unavailable, "exchange.frozen")
		}
		return t, nil, err
	}
	return t, end, nil
}

func remote(r *http.Request) string {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return host
}

// fail answers with the status of a failure alone.
func (d *Door) fail(w http.ResponseWriter, t town.Town, err error) {
	status := http.StatusInternalServerError
	if f, known := fault.As(err); known {
		switch f.Kind {
		case fault.Forbidden:
			status = http.StatusForbidden
		case fault.NotFound:
			status = http.StatusNotFound
		case fault.Conflict, fault.Invalid:
			status = http.StatusConflict
		default:
			status = http.StatusServiceUnavailable
		}
	}
	d.Log.Error("exchange failed", "tenant", t.ID, "status", status, "error", err)
	http.Error(w, http.StatusText(status), status)
}

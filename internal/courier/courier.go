// Package courier carries the bundles of the exchange by HTTPS: one call that the
// office starts, with its bundle as the body and that of the booking service as
// the answer. Nothing listens. Both sides know each other by the signing keys that
// two people have confirmed; what is carried is sealed besides. Writes no table.
package courier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/seal"
	"kofu/internal/store"
)

// patience is how long a call may take; tests make it shorter.
var patience = 5 * time.Minute

// beckons is how long a door has to say that it wants the bundle; then it is sent
// all the same.
const beckons = 10 * time.Second

// refusedHeader names the code for which the booking service has not taken our
// bundle in. Its answer is its own bundle all the same.
const refusedHeader = "Kofu-Refused"

// Trip is what a call did.
type Trip struct {
	exchange.Taken
	Refused string // code of a text that says why our bundle was not taken in, "" when it was
	Answer  []byte // with "relay.E-EPOCH": what a booking service answers that was put back
	Silent  bool   // the booking service says nothing until its people have compared the counts of our answer
}

// Carry sends a bundle of the office and takes in the one that comes back.
// Errors: fault.Conflict "courier.no_address"; fault.Forbidden
// "seal.wrong_peer"; fault.Unavailable "courier.unreachable",
// "courier.not_known", "courier.refused"; fault.Conflict
// "courier.refused.intake.put_back" where that is why the answer is stale or has a
// gap; those of exporting and importing. The answer of a booking service that was
// put back is never accepted here: with "relay.E-EPOCH" the trip holds it, for
// people to decide.
func Carry(ctx context.Context, o exchange.Office, actor store.Actor) (t Trip, err error) {
	defer fault.Add(&err, "courier.Carry")
	book, err := o.Book()
	if err != nil {
		return t, err
	}
	address := book.Address()
	if address == "" {
		return t, fault.New(fault.Conflict, "courier.no_address")
	}
	own, err := book.Own()
	if err != nil {
		return t, err
	}
	peer, err := book.Peer()
	if err != nil {
		return t, err
	}
	var out bytes.Buffer
	made, err := o.Export(ctx, actor, &out)
	if err != nil {
		return t, err
	}
	answer, refused, err := call(ctx, own, peer, address, &out)
	if err != nil {
		return t, err
	}
	t.Refused = refused
	if _, err := o.Register(ctx, actor, made.CarryOut(exchange.ByHTTPS, exchange.Medium{})); err != nil {
		return t, err
	}
	if t.Silent = answer == nil; t.Silent {
		return t, nil
	}
	t.Taken, err = o.Import(ctx, actor, bytes.NewReader(answer), exchange.ByHTTPS, exchange.Medium{})
	if fault.Is(err, fault.Conflict, "relay.E-EPOCH") {
		t.Answer = answer
	}
	if refused == Refusal+"intake.put_back" && behind(err) {
		err = fault.New(fault.Conflict, refused).Because(err)
	}
	return t, err
}

// behind reports whether an answer is of no use because the booking service was put
// back without a restore: it knows less than it has said.
func behind(err error) bool {
	return fault.Is(err, fault.Conflict, "relay.E-STALE") || fault.Is(err, fault.Conflict, "relay.E-GAP")
}

// call returns what the booking service answers, nil where it says nothing.
func call(ctx context.Context, own *seal.Secret, peer seal.Public, address string, body io.Reader) (answer []byte, refused string, err error) {
	config, err := own.TLS([]seal.Public{peer})
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("Expect", "100-continue") // a door that does not know our key says so before it is given anything
	transport := &http.Transport{TLSClientConfig: config, DisableCompression: true, DisableKeepAlives: true, ExpectContinueTimeout: beckons}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		return nil, "", unreached(err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	refused = refusal(response.Header.Get(refusedHeader))
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNoContent:
		return nil, refused, nil
	default:
		return nil, "", fault.New(fault.Unavailable, "courier.refused", "status", fmt.Sprint(response.StatusCode))
	}
	answer, err = io.ReadAll(io.LimitReader(response.Body, seal.SizeLimit+1))
	if err != nil {
		return nil, "", unreached(err)
	}
	if len(answer) > seal.SizeLimit {
		return nil, "", fault.New(fault.Invalid, "seal.E-SIZE")
	}
	return answer, refused, nil
}

// unreached says why a call had no answer: the line, somebody else at its end, or
// a booking service that does not know our key.
func unreached(err error) error {
	if fault.Is(err, fault.Forbidden, "seal.wrong_peer") {
		return err
	}
	var at *net.OpError
	if errors.As(err, &at) && at.Op == "remote error" { // the other end has ended the handshake
		return fault.New(fault.Unavailable, "courier.not_known").Because(err)
	}
	return fault.New(fault.Unavailable, "courier.unreachable").Because(err)
}

// Refusal is the prefix of the texts for what the booking service refuses. Its own
// words are for its own staff, and have places that no call fills.
const Refusal = "courier.refused."

// refusal is the code of the text for a code of the booking service; one without a
// text is only called refused, and nothing else is believed.
func refusal(code string) string {
	switch {
	case code == "":
		return ""
	case message.Has(Refusal + code):
		return Refusal + code
	}
	return "courier.refused_bundle"
}

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"kofu/internal/booking/exchange"
	"kofu/internal/booking/front"
	"kofu/internal/booking/intake"
	"kofu/internal/booking/town"
	"kofu/internal/fault"
	"kofu/internal/media"
	"kofu/internal/message"
	"kofu/internal/program"
	"kofu/internal/relay"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// exchange is the door for the programs of the offices.
func (p Parts) exchange() *exchange.Door {
	return &exchange.Door{
		List: func(ctx context.Context) ([]town.Town, error) { return p.Service.All(ctx) },
		End:  func(t town.Town) (*intake.End, error) { return endOf(p.Service, p.Config, t) }, Clock: p.Clock, Log: p.Log,
	}
}

// endOf is the end of a municipality's exchange, with the keys as they lie in
// its folder now.
func endOf(s *town.Service, config Config, t town.Town) (*intake.End, error) {
	keys, err := s.Keys(t.ID)
	if err != nil {
		return nil, err
	}
	book, err := s.Book(t.ID)
	return &intake.End{
		Desk: &front.Desk{DB: s.DB.For(t.ID), Tenant: t.ID, Ring: keys.Ring, Base: config.residentsURL(t)},
		Book: book, Codes: keys.Codes,
	}, err
}

// exchanging runs use with the end of a municipality.
func (c *call) exchanging(which string, use func(*intake.End) error) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	return c.withTown(which, func(s *town.Service, t town.Town) error {
		end, err := endOf(s, config, t)
		if err != nil {
			return err
		}
		return use(end)
	})
}

// exchangeKeys makes the keys of the exchange where there are none, writes the
// public half and shows its fingerprint.
func (c *call) exchangeKeys() error {
	var out string
	args, err := c.Parse(func(f *flag.FlagSet) { f.StringVar(&out, "out", "", "") }, "TENANT")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		_, file, err := n.Public()
		if fault.Is(err, fault.Conflict, "seal.no_keys") {
			if err := n.MakeKeys(c.ctx, c.actor()); err != nil {
				return err
			}
			_, file, err = n.Public()
		}
		if err == nil && out != "" {
			err = os.WriteFile(out, file, 0o600)
		}
		if err != nil {
			return err
		}
		return c.answerKeys(n)
	})
}

// keysShown are the fingerprints of both sides.
type keysShown struct {
	Own     string   `json:"own"`
	Peer    string   `json:"peer"`
	Offered string   `json:"offered"` // read and not confirmed by two people
	People  []string `json:"people"`  // who have confirmed the offered one so far
}

func (c *call) answerKeys(n *intake.End) error {
	s, err := n.Book.State()
	if err != nil {
		return err
	}
	var k keysShown
	if s.Own != nil {
		k.Own = s.Own.Fingerprint()
	}
	if s.Peer != nil {
		k.Peer = s.Peer.Fingerprint()
	}
	if s.Offered != nil {
		k.Offered, k.People = s.Offered.Fingerprint(), s.Offered.Confirmed
	}
	return program.Answer(c.Out, c.JSON, k, func() error {
		return errors.Join(program.Row(c.Out, "own", k.Own), program.Row(c.Out, "offered", k.Offered), program.Row(c.Out, "peer", k.Peer))
	})
}

// exchangeRead reads the public key of the office.
func (c *call) exchangeRead() error {
	args, err := c.Parse(nil, "TENANT", "FILE")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		file, err := os.ReadFile(args[1])
		if err != nil {
			return fault.New(fault.NotFound, "service.no_file", "file", args[1]).Because(err)
		}
		if _, err := n.Read(c.ctx, c.actor(), file); err != nil {
			return err
		}
		return c.answerKeys(n)
	})
}

// exchangeConfirm says that somebody has compared the fingerprint of the office:
// with an account of their own and not that of the console. The key counts once two
// people have.
func (c *call) exchangeConfirm() error {
	var login string
	args, err := c.Parse(func(f *flag.FlagSet) { f.StringVar(&login, "login", "", "") }, "TENANT", "FINGERPRINT")
	if err != nil {
		return err
	}
	if login == "" {
		return program.Usage("service.no_login")
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		who, err := c.prove(n, login)
		if err != nil {
			return err
		}
		if _, err := n.Confirm(c.ctx, who, args[1]); err != nil {
			return err
		}
		return c.answerKeys(n)
	})
}

// prove asks somebody with an account of the municipality for their password.
func (c *call) prove(n *intake.End, login string) (who store.Actor, err error) {
	_, host := program.Operator()
	secrets := program.NewSecrets(c.In, c.Err)
	proof := staff.Proof{Login: login}
	if proof.Password, err = secrets.Ask(message.Text("service.ask_password", fault.Args("login", login))); err != nil {
		return who, err
	}
	hasher := staff.NewHasher(staff.StandardCost, n.Desk.Ring)
	where := staff.Where{Door: "console", Terminal: host, Rules: staff.BookingRules}
	who, err = staff.Prove(c.ctx, n.Desk.DB, hasher, where, proof, staff.ExchangeKeys)
	if fault.Is(err, fault.Unauthenticated, "staff.totp_needed") {
		if proof.Code, err = secrets.Ask(message.Text("service.ask_code", nil)); err == nil {
			who, err = staff.Prove(c.ctx, n.Desk.DB, hasher, where, proof, staff.ExchangeKeys)
		}
	}
	return who, err
}

// exchangeRotate makes a new opening key, because a medium is lost or a year has
// passed.
func (c *call) exchangeRotate() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		if err := n.Rotate(c.ctx, c.actor()); err != nil {
			return err
		}
		return c.answerKeys(n)
	})
}

// exchangeTake takes in a bundle of the office.
func (c *call) exchangeTake() error {
	args, err := c.Parse(nil, "TENANT", "FILE")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		f, err := os.Open(args[1])
		if err != nil {
			return fault.New(fault.NotFound, "service.no_file", "file", args[1]).Because(err)
		}
		info, err := f.Stat()
		if err != nil {
			return errors.Join(err, f.Close())
		}
		r, err := n.Take(c.ctx, c.actor(), f, info.Size())
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		result := struct {
			Kind    string   `json:"kind"`
			Applied int      `json:"applied"`
			Skipped int      `json:"skipped"`
			Aside   int      `json:"aside"`
			Keys    []string `json:"keys"`
			Answer  bool     `json:"answer"` // after the service was put back
		}{string(r.Kind), r.Taken.Applied, r.Taken.Skipped, r.Aside, r.Keys, r.Answer}
		return program.Answer(c.Out, c.JSON, result, func() error {
			if r.Answer {
				return c.answerRestore(n)
			}
			return c.say("service.exchange_taken", "applied", strconv.Itoa(result.Applied), "skipped", strconv.Itoa(result.Skipped),
				"aside", strconv.Itoa(result.Aside), "keys", strconv.Itoa(len(result.Keys)))
		})
	})
}

// exchangeGive writes a bundle for the office into a folder.
func (c *call) exchangeGive() error {
	var out string
	args, err := c.Parse(func(f *flag.FlagSet) { f.StringVar(&out, "out", ".", "") }, "TENANT")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		var file bytes.Buffer
		m, err := n.Give(c.ctx, c.actor(), &file)
		if err != nil {
			return err
		}
		path := filepath.Join(out, m.FileName())
		if err := errors.Join(program.Save(path, func(w io.Writer) error { _, err := file.WriteTo(w); return err }), media.SyncFolder(out)); err != nil {
			return err
		}
		result := struct {
			File   string `json:"file"`
			ID     string `json:"id"`
			Events int    `json:"events"`
			SHA256 string `json:"sha256"`
		}{path, m.BundleID, m.N, m.SHA256}
		return program.Answer(c.Out, c.JSON, result, func() error {
			return c.say("service.exchange_given", "file", path, "count", strconv.Itoa(m.N))
		})
	})
}

// exchangeAccept accepts that the office's database was put back.
func (c *call) exchangeAccept() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		if err := n.Accept(c.ctx, c.actor()); err != nil {
			return err
		}
		return c.say("service.exchange_accepted")
	})
}

// answerRestore shows the counts of the office's answer, which people compare
// with those of the office.
func (c *call) answerRestore(n *intake.End) error {
	r, _, err := n.Recovery(c.ctx)
	if err != nil {
		return err
	}
	return c.say("service.exchange_answered", "links", strconv.Itoa(r.Counts.Links), "bookings", strconv.Itoa(r.Counts.Bookings), "days", strconv.Itoa(r.Counts.Days))
}

// exchangeRestored begins to find back after the database of the service was put
// back to an older state.
func (c *call) exchangeRestored() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		if err := n.Restored(c.ctx, c.actor()); err != nil {
			return err
		}
		return c.say("service.exchange_restored")
	})
}

// exchangeConfirmRestore says that somebody has compared the counts of the
// office's answer.
func (c *call) exchangeConfirmRestore() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		if err := n.ConfirmRestore(c.ctx, c.actor()); err != nil {
			return err
		}
		return c.say("service.exchange_confirmed")
	})
}

// exchangeLost records that the medium with a bundle is lost.
func (c *call) exchangeLost() error {
	args, err := c.Parse(nil, "TENANT", "BUNDLE")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		if err := n.Lost(c.ctx, c.actor(), args[1]); err != nil {
			return err
		}
		return c.say("service.exchange_lost")
	})
}

// exchangeShow shows how far the exchange has come.
func (c *call) exchangeShow() error {
	args, err := c.Parse(nil, "TENANT")
	if err != nil {
		return err
	}
	return c.exchanging(args[0], func(n *intake.End) error {
		var s relay.State
		var asides []intake.Aside
		err := n.Desk.DB.Read(c.ctx, func(rx *store.Rx) (err error) {
			if s, err = relay.Load(rx); err != nil {
				return err
			}
			asides, err = intake.Asides(rx, n.Desk.Tenant, 1000)
			return err
		})
		if err != nil {
			return err
		}
		result := struct {
			Sent    int64  `json:"sent"`
			Acked   int64  `json:"acked"`
			Applied int64  `json:"applied"`
			Need    int64  `json:"need"`
			Heard   string `json:"heard"`
			Put     bool   `json:"putBack"` // the office shows a new epoch
			Aside   int    `json:"aside"`
		}{s.Sent, s.Acked, s.Applied, s.Need, s.HeardAt, s.NewEpoch != "", len(asides)}
		return program.Answer(c.Out, c.JSON, result, func() error {
			return c.say("service.exchange_state", "sent", strconv.FormatInt(s.Sent, 10), "acked", strconv.FormatInt(s.Acked, 10),
				"applied", strconv.FormatInt(s.Applied, 10), "heard", s.HeardAt, "aside", strconv.Itoa(len(asides)))
		})
	})
}

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/keybook"
	"kofu/internal/link"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/office"
	"kofu/internal/program"
	"kofu/internal/relay"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// exchanging opens the data folder for the exchange.
func (c *call) exchanging(use func(exchange.Office) error) error {
	return c.with(false, func(o *office.Office) error {
		office := exchange.Office{DB: o.DB, Ring: o.Ring, Keys: o.Dir.Keys(), Spool: o.Dir.Spool()}
		if err := office.CleanSpool(); err != nil {
			return err
		}
		return use(office)
	})
}

// exchangeKeys makes, shows, writes, reads and confirms keys.
func (c *call) exchangeKeys() error {
	var tenant, out, read, confirm, login, address string
	var rotate bool
	if _, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&tenant, "make", "", "")
		f.StringVar(&out, "out", "", "")
		f.StringVar(&read, "read", "", "")
		f.StringVar(&confirm, "confirm", "", "")
		f.StringVar(&login, "login", "", "")
		f.StringVar(&address, "address", "", "")
		f.BoolVar(&rotate, "rotate", false, "")
	}); err != nil {
		return err
	}
	if confirm != "" && login == "" {
		return program.Usage("kofuctl.no_login")
	}
	return c.exchanging(func(o exchange.Office) error {
		if err := c.keyActs(o, tenant, read, rotate); err != nil {
			return err
		}
		if confirm != "" {
			if err := c.compared(o, confirm, login); err != nil {
				return err
			}
		}
		if address != "" {
			if err := o.SetAddress(c.ctx, c.actor(), address); err != nil {
				return err
			}
		}
		if out != "" {
			name, file, err := o.Kpub()
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(out, name), file, 0o600); err != nil {
				return err
			}
		}
		book, err := o.Book()
		if err != nil {
			return err
		}
		return c.showKeys(book)
	})
}

func (c *call) keyActs(o exchange.Office, tenant, read string, rotate bool) error {
	if tenant != "" {
		if err := o.MakeKeys(c.ctx, c.actor(), tenant); err != nil {
			return err
		}
	}
	if rotate {
		if err := o.Rotate(c.ctx, c.actor()); err != nil {
			return err
		}
	}
	if read != "" {
		file, err := os.ReadFile(read) //nolint:gosec // named by the operator
		if err != nil {
			return fault.New(fault.NotFound, "kofuctl.no_file", "file", read).Because(err)
		}
		if _, err := o.Offer(c.ctx, c.actor(), file); err != nil {
			return err
		}
	}
	return nil
}

// compared says that somebody has compared the fingerprints: with an account of
// their own and not that of the console, so that it takes two people.
func (c *call) compared(o exchange.Office, fingerprint, login string) error {
	_, host := program.Operator()
	secrets := program.NewSecrets(c.In, c.Err)
	password, err := secrets.Ask(message.Text("kofuctl.ask_password", fault.Args("login", login)))
	if err != nil {
		return err
	}
	hasher, where := staff.NewHasher(c.Cost, o.Ring), staff.Where{Door: "desk", Terminal: host}
	proof := staff.Proof{Login: login, Password: password}
	actor, err := staff.Prove(c.ctx, o.DB, hasher, where, proof, staff.ExchangeKeys)
	if fault.Is(err, fault.Unauthenticated, "staff.totp_needed") {
		if proof.Code, err = secrets.Ask(message.Text("kofuctl.ask_code", nil)); err == nil {
			actor, err = staff.Prove(c.ctx, o.DB, hasher, where, proof, staff.ExchangeKeys)
		}
	}
	if err != nil {
		return err
	}
	_, err = o.Confirm(c.ctx, actor, fingerprint)
	return err
}

func (c *call) showKeys(book *keybook.Book) error {
	s, err := book.State()
	if err != nil {
		return err
	}
	result := map[string]string{"address": s.Address}
	if s.Own != nil {
		result["own"] = s.Own.Fingerprint()
	}
	if s.Peer != nil {
		result["peer"] = s.Peer.Fingerprint()
	}
	if s.Offered != nil {
		result["offered"] = s.Offered.Fingerprint()
	}
	return c.answer(result, func() error {
		for _, key := range []string{"own", "offered", "peer", "address"} {
			if err := c.row(key, result[key]); err != nil {
				return err
			}
		}
		return nil
	})
}

// exchangeExport writes a bundle into a folder: the log, or with --code-keys the
// keys of codes.
func (c *call) exchangeExport() error {
	var out string
	var codeKeys bool
	var m exchange.Medium
	if _, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "")
		f.BoolVar(&codeKeys, "code-keys", false, "")
		f.StringVar(&m.No, "medium", "", "")
		f.StringVar(&m.Approval, "approval", "", "")
		f.StringVar(&m.Approver, "approver", "", "")
	}); err != nil {
		return err
	}
	if out == "" {
		return program.Usage("app.no_out")
	}
	return c.exchanging(func(o exchange.Office) error {
		export := exchange.Maker(o.Export)
		if codeKeys {
			export = o.ExportCodeKeys
		}
		way := exchange.ByFile
		if m.No != "" { // the folder is that of a medium
			way = exchange.ByMedium
		}
		carry, path, err := o.ExportTo(c.ctx, c.actor(), export, out, way, m)
		if err != nil {
			return err
		}
		result := map[string]any{"file": path, "bundle": carry.BundleID, "lo": carry.Lo, "hi": carry.Hi, "n": carry.N, "sha256": carry.SHA256}
		return c.answer(result, func() error { return c.row(path, strconv.Itoa(carry.N), carry.SHA256[:16]) })
	})
}

// exchangeStatus shows how far the exchange has come.
func (c *call) exchangeStatus() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.exchanging(func(o exchange.Office) error {
		result := map[string]any{}
		err := o.DB.Read(c.ctx, func(rx *store.Rx) error {
			s, err := relay.Load(rx)
			if err != nil {
				return err
			}
			counts, err := link.Counts(rx)
			if err != nil {
				return err
			}
			open, err := exchange.CountOpen(rx)
			if err != nil {
				return err
			}
			r, under, err := exchange.Restoring(rx)
			result = map[string]any{"state": s, "links": counts, "cases": open}
			if under {
				result["restore"] = r
			}
			return err
		})
		if err != nil {
			return err
		}
		return c.answer(result, func() error {
			text, err := json.MarshalIndent(result, "", "  ")
			if err != nil {
				return err
			}
			return c.row(string(text))
		})
	})
}

// exchangeRelease makes the codes of a print run known.
func (c *call) exchangeRelease() error {
	var run, from, svc, windows string
	if _, err := c.Parse(func(f *flag.FlagSet) {
		f.StringVar(&run, "run", "", "")
		f.StringVar(&from, "from", "", "")
		f.StringVar(&svc, "svc", "receive", "")
		f.StringVar(&windows, "windows", "", "")
	}); err != nil {
		return err
	}
	t := link.Terms{From: c.Clock(), Svc: strings.Split(svc, ",")}
	if windows != "" {
		t.Windows = strings.Split(windows, ",")
	}
	if from != "" {
		at, err := time.ParseInLocation("2006-01-02T15:04", from, store.Tokyo)
		if err != nil {
			return fault.New(fault.Invalid, "kofuctl.bad_day", "value", from)
		}
		t.From = at
	}
	return c.exchanging(func(o exchange.Office) error {
		id, err := runByNo(c.ctx, o.DB, run)
		if err != nil {
			return err
		}
		keys, err := o.Links()
		if err != nil {
			return err
		}
		done, err := link.Release(c.ctx, o.DB, keys, c.actor(), id, t)
		if err != nil {
			return err
		}
		return c.answer(done, func() error {
			return c.row(strconv.Itoa(done.Issued), strconv.Itoa(done.Again), strconv.Itoa(done.LeftOut))
		})
	})
}

func runByNo(ctx context.Context, db *store.DB, no string) (id int64, err error) {
	err = db.Read(ctx, func(rx *store.Rx) error {
		runs, err := notice.Runs(rx, 1000)
		for _, r := range runs {
			if r.No == no {
				id = r.ID
				return nil
			}
		}
		if err == nil {
			err = fault.New(fault.NotFound, "notice.not_found")
		}
		return err
	})
	return id, err
}

// exchangeCases lists what people have to decide, or decides one.
func (c *call) exchangeCases() error {
	var id int64
	var decision string
	if _, err := c.Parse(func(f *flag.FlagSet) {
		f.Int64Var(&id, "id", 0, "")
		f.StringVar(&decision, "decide", "", "")
	}); err != nil {
		return err
	}
	return c.exchanging(func(o exchange.Office) error {
		if decision != "" {
			if err := o.Decide(c.ctx, c.actor(), id, exchange.Decision(decision), ""); err != nil {
				return err
			}
		}
		var list []exchange.Case
		if err := o.DB.Read(c.ctx, func(rx *store.Rx) (err error) {
			list, err = exchange.OpenCases(rx, 0)
			return err
		}); err != nil {
			return err
		}
		return c.answer(list, func() error {
			for _, one := range list {
				if err := c.row(fmt.Sprint(one.ID), fmt.Sprintf("case%02d", one.Kind), one.Booking, one.Link); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// exchangeLost records a lost medium.
func (c *call) exchangeLost() error {
	args, err := c.Parse(nil, "BUNDLE")
	if err != nil {
		return err
	}
	return c.exchanging(func(o exchange.Office) error { return o.Lost(c.ctx, c.actor(), args[0]) })
}

// exchangeRestored begins to find back after this database was put back.
func (c *call) exchangeRestored() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.exchanging(func(o exchange.Office) error { return o.Restored(c.ctx, c.actor()) })
}

// exchangeConfirm says that the counts were compared.
func (c *call) exchangeConfirm() error {
	if _, err := c.Parse(nil); err != nil {
		return err
	}
	return c.exchanging(func(o exchange.Office) error { return o.ConfirmRestore(c.ctx, c.actor()) })
}

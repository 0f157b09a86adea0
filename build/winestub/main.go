// winestub writes a DLL that forwards ProcessPrng to RtlGenRandom, so that
// Go >= 1.22 programs start under wine 8. Usage: winestub <out.dll>
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

func main() {
	const rva, raw = 0x1000, 0x200
	const dll, exp, fwd = "bcryptprimitives.dll\x00", "ProcessPrng\x00", "ADVAPI32.SystemFunction036\x00"
	put := func(b *bytes.Buffer, vs ...any) {
		for _, v := range vs {
			if err := binary.Write(b, binary.LittleEndian, v); err != nil {
				panic(err) //nolint:forbidigo // a value of no fixed size: a mistake in this table
			}
		}
	}
	w, d, q := func(v int) uint16 { return uint16(v) }, func(v int) uint32 { return uint32(v) }, func(v int) uint64 { return uint64(v) }
	var s, f bytes.Buffer // s: export directory (40 bytes), address/name/ordinal tables, strings
	names := rva + 52
	put(&s, d(0), d(0), w(0), w(0), d(names), d(1), d(1), d(1), d(rva+40), d(rva+44), d(rva+48))
	put(&s, d(names+len(dll)+len(exp)), d(names+len(dll)), w(0), w(0))
	s.WriteString(dll + exp + fwd)
	size := s.Len()

	dos := make([]byte, 64)
	copy(dos, "MZ")
	dos[60] = 64
	f.Write(dos)
	f.WriteString("PE\x00\x00")
	put(&f, w(0x8664), w(1), d(0), d(0), d(0), w(240), w(0x2022))
	put(&f, w(0x20b), w(14), d(0), d(raw), d(0), d(0), d(rva), q(0x180000000), d(0x1000), d(0x200))
	put(&f, w(6), w(0), w(0), w(0), w(6), w(0), d(0), d(rva+0x1000), d(raw), d(0), w(3), w(0x100))
	put(&f, q(0x100000), q(0x1000), q(0x100000), q(0x1000), d(0), d(16), d(rva), d(size))
	f.Write(make([]byte, 15*8))
	f.WriteString(".edata\x00\x00")
	put(&f, d(size), d(rva), d(0x200), d(raw), d(0), d(0), w(0), w(0), d(0x40000040))
	f.Write(make([]byte, raw-f.Len()))
	f.Write(s.Bytes())
	f.Write(make([]byte, raw+0x200-f.Len()))
	if err := os.WriteFile(os.Args[1], f.Bytes(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package seal

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// NewID makes the id of a bundle: a UUID of version 7 (RFC 9562).
func NewID(now time.Time, random io.Reader) (string, error) {
	var id [16]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return "", fmt.Errorf("id of a bundle: %w", err)
	}
	ms := uint64(now.UnixMilli())
	binary.BigEndian.PutUint16(id[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(id[2:], uint32(ms))
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:]), nil
}

// IDTime is when an identifier was made, false for what is none.
func IDTime(id string) (at time.Time, ok bool) {
	if len(id) != 36 {
		return at, false
	}
	ms, err := strconv.ParseInt(id[:8]+id[9:13], 16, 64)
	return time.UnixMilli(ms).UTC(), err == nil
}

// FileName is the name under which a bundle goes onto a medium. It serves the
// eye and is not trusted.
func (h Header) FileName() string {
	short := h.BundleID
	if len(short) > 8 {
		short = short[len(short)-8:]
	}
	return fmt.Sprintf("%s-%s-%d-%d-%s.kfb", h.Tenant, h.From, h.Lo, h.Hi, short)
}

// Looks reports whether a file is named like a bundle of a side. It serves the eye
// as well: a file of another name may be one.
func (p Party) Looks(file string) bool {
	_, rest, ok := strings.Cut(file, "-")
	return ok && strings.HasPrefix(rest, string(p)+"-")
}

package templates

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
)

// AppendJSON appends the miner's knowledge of ref's own template to dst: the bytes that
// json.Marshal makes of what Entry returns, with no Count and no Part. The zero Ref has
// none. Templates are told to all processors whenever they change, and an Entry takes ten
// times the memory of its template.
func (m *Miner) AppendJSON(dst []byte, ref Ref) ([]byte, error) {
	t := ref.t
	if t == nil {
		return dst, nil
	}
	text, err := json.Marshal(strings.Join(render(t.slots), Wildcard))
	if err != nil {
		return dst, err
	}
	dst = append(append(append(dst, `{"id":"`...), t.name...), `","template":`...)
	dst = append(append(dst, text...), `,"count":0,"slots":[`...)
	for i := range t.slots {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.slots[i].appendJSON(dst)
	}
	return append(dst, "]}"...), nil
}

// appendJSON appends the slot as json.Marshal writes its EntrySlot.
func (sl *slot) appendJSON(dst []byte) []byte {
	number := func(name string, n int64) {
		if n != 0 {
			dst = strconv.AppendInt(append(dst, name...), n, 10)
		}
	}
	var scratch [64]byte
	text := func(name, s string) {
		if s != "" {
			dst = base64.StdEncoding.AppendEncode(append(dst, name...), append(scratch[:0], s...))
			dst = append(dst, '"')
		}
	}
	dst = strconv.AppendInt(append(dst, `{"k":`...), int64(sl.kind), 10)
	number(`,"f":`, int64(sl.flags))
	if sl.kind == variable {
		text(`,"l":"`, sl.list())
		text(`,"u":"`, sl.unit())
	} else {
		number(`,"p":`, int64(sl.pre))
		text(`,"t":"`, sl.text)
	}
	number(`,"v":`, int64(sl.knows))
	return append(dst, '}')
}

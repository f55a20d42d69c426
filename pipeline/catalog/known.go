package catalog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"foghorn/pipeline/templates"
)

// known is what a Board holds of a Template: the Recorders of a process share its memory.
type known struct {
	*templates.Knowledge
	first  time.Time
	sample string
}

// reader reads records of templates. It reads what json.Unmarshal reads into a Template,
// and makes no copy of what is not kept: every process reads all of them.
type reader struct {
	json  fastjson.Parser
	entry templates.Entry
	text  []byte // of the entry's slots
}

// maxRead is the size of a record up to which room is kept for the next one.
const maxRead = 64 << 10

func (r *reader) read(value []byte, cfg templates.Config) (known, error) {
	if len(value) > maxRead {
		defer func() { *r = reader{} }()
	}
	var k known
	v, err := r.json.ParseBytes(value)
	if err != nil {
		return k, err
	}
	if v.Type() != fastjson.TypeObject {
		return k, fmt.Errorf("expected an object, found %s", v.Type())
	}
	if first := v.GetStringBytes("first_seen"); first != nil {
		if err := k.first.UnmarshalText(first); err != nil {
			return k, fmt.Errorf("first_seen: %w", err)
		}
	}
	k.sample = strings.ToValidUTF8(string(v.GetStringBytes("sample")), "\uFFFD")
	r.text, r.entry.ID, r.entry.Slots = r.text[:0], string(v.GetStringBytes("id")), r.entry.Slots[:0]
	for i, slot := range v.GetArray("slots") {
		s, err := r.slot(slot)
		if err != nil {
			return k, fmt.Errorf("slot %d: %w", i, err)
		}
		r.entry.Slots = append(r.entry.Slots, s)
	}
	k.Knowledge, err = r.entry.Knowledge(cfg)
	return k, err
}

var errNumber = errors.New("a number is out of range")

func (r *reader) slot(v *fastjson.Value) (s templates.EntrySlot, err error) {
	kind, flags, knows, prefix := v.GetUint("k"), v.GetUint("f"), v.GetUint("v"), v.GetInt("p")
	if kind|flags|knows > 0xff || prefix != int(int32(prefix)) {
		return s, errNumber
	}
	s.Kind, s.Flags, s.Knows, s.Prefix = uint8(kind), uint8(flags), uint8(knows), int32(prefix)
	for _, of := range [...]struct {
		name string
		to   *[]byte
	}{{"t", &s.Text}, {"l", &s.Seps}, {"u", &s.Unit}} {
		from := len(r.text)
		if r.text, err = base64.StdEncoding.AppendDecode(r.text, v.GetStringBytes(of.name)); err != nil {
			return s, err
		}
		*of.to = r.text[from:len(r.text):len(r.text)]
	}
	return s, nil
}

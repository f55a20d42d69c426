package parse

import (
	"bytes"
	"unicode/utf8"

	"foghorn/pipeline"
)

// fields gathers an event's attributes in buffers that are used again for the next line;
// take copies them out. Keys are unique and not reserved, values are valid UTF-8.
type fields struct {
	maxCount, maxValue int
	list               []field
	arena              []byte
	// keys are the keys of the lines before by position: lines of one source mostly
	// have the same keys in the same order, which saves allocating and checking them.
	keys []knownKey
	all  *keyTable
	room *attrRoom
	// dropped is how many fields of this line did not fit, or were cut.
	dropped int
}

// knownKey is a key as a line spells it, and the attribute's key that it gets when it is
// not taken.
type knownKey struct{ raw, key string }

// keyTable holds the keys of all sources of a goroutine.
type keyTable struct{ keys map[string]knownKey }

// maxKeys is how many keys a keyTable holds before it begins anew.
const maxKeys = 4096

func (t *keyTable) know(key []byte) knownKey {
	raw := string(bytes.ToValidUTF8(key, []byte("\uFFFD")))
	k := knownKey{raw, raw}
	if reserved(raw) {
		k.key = prefixReserved + raw
	}
	if t.keys == nil || len(t.keys) >= maxKeys {
		t.keys = make(map[string]knownKey)
	}
	t.keys[string(key)] = k
	return k
}

// field is one attribute: its value is value, or arena[start:end].
type field struct {
	key, value string
	start, end int
}

// maxKey is the longest key kept; a longer one is cut.
const maxKey = 128

// prefixReserved stands before the key of a field that would hide a field of the data
// model ("path", "host") or one that came before it in the same event.
const prefixReserved = "attributes."

// mark is a state to which rewind takes the fields back.
type mark struct{ list, arena, dropped int }

func (f *fields) mark() mark { return mark{len(f.list), len(f.arena), f.dropped} }

func (f *fields) rewind(m mark) {
	f.list, f.arena, f.dropped = f.list[:m.list], f.arena[:m.arena], m.dropped
}

func (f *fields) has(key string) bool {
	for i := range f.list {
		if f.list[i].key == key {
			return true
		}
	}
	return false
}

// add adds a field under one of our own names. An empty value is no field.
func (f *fields) add(key string, value []byte) {
	if len(value) == 0 || f.full() || f.has(key) {
		return
	}
	f.push(key, value)
}

// addLabel adds a label of the line.
func (f *fields) addLabel(key, value string) {
	if value == "" || f.full() {
		return
	}
	if reserved(key) || f.has(key) {
		key = prefixReserved + key
	}
	if len(key) > maxKey || len(value) > f.maxValue || !utf8.ValidString(key) || !utf8.ValidString(value) {
		f.addFound([]byte(key), []byte(value))
		return
	}
	f.list = append(f.list, field{key: key, value: value})
}

// addFound adds a field that the line names. A key that is reserved or taken gets the
// prefix attributes.; when that is taken too the field is dropped.
func (f *fields) addFound(key, value []byte) {
	if len(key) == 0 || len(value) == 0 || f.full() {
		return
	}
	k := f.intern(key)
	name := k.key
	if f.has(name) {
		if name = prefixReserved + k.raw; f.has(name) {
			f.dropped++
			return
		}
	}
	f.push(name, value)
}

func (f *fields) full() bool {
	if len(f.list) < f.maxCount {
		return false
	}
	f.dropped++
	return true
}

func (f *fields) push(key string, value []byte) {
	start := len(f.arena)
	if len(value) > f.maxValue {
		value = cut(value, f.maxValue)
		f.dropped++
	}
	if utf8.Valid(value) {
		f.arena = append(f.arena, value...)
	} else {
		f.arena = append(f.arena, bytes.ToValidUTF8(value, []byte("\uFFFD"))...)
	}
	f.list = append(f.list, field{key: key, start: start, end: len(f.arena)})
}

// intern returns the attribute's key for a key, the one of an earlier line where possible.
func (f *fields) intern(key []byte) knownKey {
	i := len(f.list)
	for len(f.keys) <= i {
		f.keys = append(f.keys, knownKey{})
	}
	if len(key) > maxKey {
		key = cut(key, maxKey)
	}
	if f.keys[i].raw != string(key) {
		k, ok := f.all.keys[string(key)]
		if !ok {
			k = f.all.know(key)
		}
		f.keys[i] = k
	}
	return f.keys[i]
}

// take returns the attributes; nothing of them shares the buffers. They are the caller's
// with attrRoom.keep.
func (f *fields) take() []pipeline.Attr {
	if len(f.list) == 0 {
		return f.room.of(0)
	}
	values := f.room.text(f.arena)
	attrs := f.room.of(len(f.list))
	for i := range f.list {
		e := &f.list[i]
		attrs[i].Key = e.key
		if attrs[i].Value = e.value; e.value == "" {
			attrs[i].Value = values[e.start:e.end]
		}
	}
	if cap(f.arena) > maxScratch {
		f.arena = nil
	}
	return attrs
}

// cut returns the first n bytes of b, less the bytes of a character that n divides.
func cut(b []byte, n int) []byte {
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}

// reserved says whether an attribute of this name could not be found, because
// Event.Field or the encoding gives the name another meaning.
func reserved(key string) bool {
	switch key {
	case "severity_text", "severity_number", "service.name", "host.name", "log.file.path",
		"trace_id", "span_id", "template", "error.class", "timestamp", "observed_timestamp",
		"source", "body", pipeline.FieldStatus:
		return true
	}
	return pipeline.CanonicalField(key) != key || len(key) > 8 && key[:8] == "foghorn."
}

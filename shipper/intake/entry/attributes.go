package entry

import (
	"bytes"

	"foghorn/pipeline"
	"foghorn/pipeline/parse"
)

// Mark is a point to which Rewind takes the attributes back.
type Mark struct{ attrs, bytes, doubles int }

// Mark returns the attributes' state, Rewind goes back to it.
func (b *Batch) Mark() Mark { return Mark{len(b.attrs), b.bytes, b.doubles} }

// Rewind forgets the attributes that came since m.
func (b *Batch) Rewind(m Mark) {
	b.attrs, b.bytes, b.doubles = b.attrs[:m.attrs], m.bytes, m.doubles
}

// prefixForeign stands before a name that would pass for a label of ours.
const prefixForeign = "attributes."

var prefixOurs = []byte("foghorn.")

// Attr adds an attribute to the records to come. One of the same name takes the place of
// the one before, until Rewind. An empty name or value is none. Names that say more than an
// attribute's to the parser get a prefix: what they say comes by Source and Service.
func (b *Batch) Attr(key, value []byte) {
	if len(key) == 0 || len(value) == 0 {
		return
	}
	if len(b.attrs) >= b.limits.Attrs {
		b.Dropped++
		return
	}
	if b.origin.Redact != nil {
		value = b.origin.Redact(value)
	}
	if len(value) > b.limits.Value {
		value = cut(value, b.limits.Value)
		b.Dropped++
	}
	if len(key) > maxKey {
		key = cut(key, maxKey)
	}
	name := b.names.get(key)
	switch {
	case bytes.HasPrefix(key, prefixOurs), name == "service", name == "service.name":
		name = prefixForeign + name
	}
	b.push(name, b.strings.put(value))
}

// Service names the service of the records to come, until Rewind.
func (b *Batch) Service(name []byte) {
	if len(name) > maxName {
		name = cut(name, maxName)
	}
	if len(name) > 0 {
		b.push(parse.GivenService, b.strings.put(name))
	}
}

func (b *Batch) push(key, value string) {
	for i := range b.attrs {
		if b.attrs[i].Key == key {
			b.doubles++
			break
		}
	}
	b.attrs = append(b.attrs, pipeline.Attr{Key: key, Value: value})
	b.bytes += len(key) + len(value)
}

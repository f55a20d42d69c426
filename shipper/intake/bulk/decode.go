package bulk

import (
	"bytes"
	"fmt"

	"foghorn/shipper/intake/entry"
	"foghorn/shipper/intake/json"
)

// Malformed is the error of a request that Elasticsearch would refuse whole, in its words.
type Malformed struct{ Reason string }

// Error is the reason.
func (m *Malformed) Error() string { return m.Reason }

// Item is the outcome of one action.
type Item struct {
	// Action, Index and ID are the action's; they share the body's memory.
	Action, Index, ID []byte
	// Type and Reason say why the document was refused; "" when it was taken.
	Type, Reason string
}

// The items' errors.
const (
	typeArgument = "illegal_argument_exception"
	typeDocument = "document_parsing_exception"
	onlyCreate   = "only write ops with an op_type of create are allowed in data streams"
	noDocument   = "failed to parse: the document must be a JSON object on one line"
)

// DefaultIndex is where documents without an index go.
const DefaultIndex = "logs"

// Read reads a request to an index (or "", then each action names its own) into b and
// appends its outcome to items. It changes the action lines in body. With an error, a
// *Malformed or entry.ErrTooLarge, nothing is to be taken.
func Read(body []byte, index string, b *entry.Batch, items []Item) ([]Item, error) {
	if n := len(body); n == 0 || body[n-1] != '\n' {
		if n == 0 {
			return items, &Malformed{"request body is required"}
		}
		return items, &Malformed{`The bulk request must be terminated by a newline [\n]`}
	}
	var r reader
	r.b, r.fallback, r.items = b, []byte(index), items
	r.dates.left = datesTried
	number := 0
	for rest := body; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		number++
		if len(line) == 0 {
			continue
		}
		item, err := action(line)
		if err != nil {
			return r.items, &Malformed{fmt.Sprintf("Malformed action/metadata line [%d], %s", number, err)}
		}
		var document []byte
		if string(item.Action) != "delete" {
			if len(rest) == 0 {
				return r.items, &Malformed{fmt.Sprintf("Malformed action/metadata line [%d], expected a document behind it but found the end", number)}
			}
			document, rest = cutLine(rest)
			number++
		}
		if err := r.take(&item, document); err != nil {
			return r.items, err
		}
	}
	if len(r.items) == len(items) {
		return r.items, &Malformed{"Validation Failed: 1: no requests added;"}
	}
	return r.items, nil
}

// cutLine takes the first line, without its line end.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	line, rest = b[:i:i], b[i+1:]
	if i > 0 && line[i-1] == '\r' {
		line = line[: i-1 : i-1]
	}
	return line, rest
}

type reader struct {
	b        *entry.Batch
	fallback []byte // index of actions without one
	index    []byte // that the source stands at
	named    bool
	items    []Item
	dates    dates
	record   entry.Record
}

// take takes one action.
func (r *reader) take(item *Item, document []byte) error {
	if len(item.Index) == 0 {
		item.Index = r.fallback
	}
	switch string(item.Action) {
	case "index", "create":
		if !isObject(document) {
			item.Type, item.Reason = typeDocument, noDocument
			break
		}
		if !r.named || !bytes.Equal(r.index, item.Index) {
			r.index, r.named = item.Index, true
			name := item.Index
			if len(name) == 0 {
				name = []byte(DefaultIndex)
			}
			r.b.Source(nil, name)
		}
		if len(item.ID) > 0 || r.dates.finer(document) {
			r.b.Dated = true
		}
		r.record.Line = document
		if err := r.b.Add(&r.record); err != nil {
			return err
		}
	default:
		item.Type, item.Reason = typeArgument, onlyCreate
	}
	r.items = append(r.items, *item)
	return nil
}

// isObject says whether a document is an object as far as its ends tell.
func isObject(document []byte) bool {
	d := bytes.TrimSpace(document)
	return len(d) >= 2 && d[0] == '{' && d[len(d)-1] == '}'
}

// plain are action lines as nearly all senders write them, which name nothing.
var plainCreate, plainIndex = []byte(`{"create":{}}`), []byte(`{"index":{}}`)

// action reads an action line.
func action(line []byte) (item Item, err error) {
	switch {
	case bytes.Equal(line, plainCreate):
		item.Action = line[2:8]
		return item, nil
	case bytes.Equal(line, plainIndex):
		item.Action = line[2:7]
		return item, nil
	}
	s := json.New(line, actionLevels)
	if s.Kind() != json.Object {
		return item, fmt.Errorf("expected START_OBJECT but found [%s]", found(s.Kind()))
	}
	err = s.Object(func(name []byte) error {
		if item.Action != nil {
			return fmt.Errorf("expected END_OBJECT but found [FIELD_NAME]")
		}
		item.Action = name
		switch string(name) {
		case "index", "create", "update", "delete":
		default:
			return fmt.Errorf("expected field [create], [delete], [index] or [update] but found [%.64s]", name)
		}
		if s.Kind() != json.Object {
			return fmt.Errorf("expected START_OBJECT but found [%s]", found(s.Kind()))
		}
		return s.Object(func(name []byte) (err error) {
			switch {
			case s.Kind() != json.String:
				err = s.Skip()
			case string(name) == "_index":
				item.Index, err = s.String()
			case string(name) == "_id":
				item.ID, err = s.String()
			default:
				err = s.Skip()
			}
			return err
		})
	})
	switch {
	case err != nil:
		return item, err
	case item.Action == nil:
		return item, fmt.Errorf("expected FIELD_NAME but found [END_OBJECT]")
	}
	return item, s.Close()
}

// actionLevels are the levels of an action line.
const actionLevels = 8

// found is the name that Elasticsearch has for a value of a kind.
func found(kind byte) string {
	switch kind {
	case json.Array:
		return "START_ARRAY"
	case json.String:
		return "VALUE_STRING"
	case json.Number:
		return "VALUE_NUMBER"
	case json.True, json.False:
		return "VALUE_BOOLEAN"
	case json.Null:
		return "VALUE_NULL"
	}
	return "END_OF_INPUT"
}

package yamldoc

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxDepth bounds how deep a document may nest.
const maxDepth = 32

// Document remembers where the keys of a decoded file stood.
type Document struct {
	File      string
	lines     []string
	positions map[string]position
}

type position struct{ line, column int }

// Fault makes a fault at the place of path, or of its nearest parent that is in the file.
func (d *Document) Fault(path, format string, args ...any) Fault {
	f := Fault{File: d.File, Path: path, Message: fmt.Sprintf(format, args...)}
	for p := path; ; {
		if at, ok := d.positions[p]; ok {
			f.Line, f.Column = at.line, at.column
			return f
		}
		i := strings.LastIndexAny(p, ".[")
		if i < 0 {
			return f
		}
		p = p[:i]
	}
}

// Has says whether the file has the key.
func (d *Document) Has(path string) bool {
	_, ok := d.positions[path]
	return ok
}

// Decode reads the YAML of data into into, a pointer to a struct whose yaml tags name the
// keys; values that are not in the file keep what they were. Strings, booleans, numbers,
// slices, maps with string keys, structs, pointers to them, time.Duration (as Duration) and
// encoding.TextUnmarshaler are known; a map that is one may be written as text or as keys with values. The error is a Faults with everything that is wrong.
func Decode(file string, data []byte, into any) (*Document, error) {
	d := &decoder{doc: &Document{File: file, lines: strings.Split(string(data), "\n"), positions: make(map[string]position)}}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return d.doc, Faults{d.syntax(err)}
	}
	if len(parsed.Docs) > 1 {
		d.fail(parsed.Docs[1].Body, "", "one YAML document is expected, found %d", len(parsed.Docs))
	}
	if len(parsed.Docs) > 0 && parsed.Docs[0].Body != nil {
		d.decode(parsed.Docs[0].Body, "", reflect.ValueOf(into).Elem(), 0)
	}
	return d.doc, d.faults.Err()
}

type decoder struct {
	doc    *Document
	faults Faults
}

func (d *decoder) syntax(err error) Fault {
	f := Fault{File: d.doc.File, Message: err.Error()}
	var ye yaml.Error
	if errors.As(err, &ye) {
		f.Message = ye.GetMessage()
		if t := ye.GetToken(); t != nil && t.Position != nil {
			f.Line, f.Column = t.Position.Line, t.Position.Column
		}
	}
	return f
}

func (d *decoder) fail(n ast.Node, path, format string, args ...any) {
	f := Fault{File: d.doc.File, Path: path, Message: fmt.Sprintf(format, args...)}
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		at := n.GetToken().Position
		f.Line, f.Column = at.Line, at.Column
	}
	d.faults = append(d.faults, f)
}

func (d *decoder) mark(n ast.Node, path string) {
	if t := n.GetToken(); t != nil && t.Position != nil {
		d.doc.positions[path] = position{t.Position.Line, t.Position.Column}
	}
}

func (d *decoder) decode(n ast.Node, path string, v reflect.Value, depth int) {
	if depth > maxDepth {
		d.fail(n, path, "nested too deep")
		return
	}
	if n.Type() == ast.NullType { // "key:" with nothing: the default stays
		return
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.decode(n, path, v.Elem(), depth)
		return
	}
	if v.Type() == reflect.TypeFor[time.Duration]() { // written as Duration is
		v = v.Addr().Convert(reflect.TypeFor[*Duration]()).Elem()
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok && !(v.Kind() == reflect.Map && isMapping(n)) {
		if text, ok := d.scalar(n, path, "a value"); ok {
			if err := u.UnmarshalText([]byte(text)); err != nil {
				d.fail(n, path, "%v", err)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.decodeStruct(n, path, v, depth)
	case reflect.Map:
		d.decodeMap(n, path, v, depth)
	case reflect.Slice:
		d.decodeSlice(n, path, v, depth)
	default:
		d.decodeScalar(n, path, v)
	}
}

func (d *decoder) entries(n ast.Node, path string) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	d.fail(n, path, "expected keys with values, found %s", kindOf(n))
	return nil, false
}

func (d *decoder) decodeStruct(n ast.Node, path string, v reflect.Value, depth int) {
	entries, ok := d.entries(n, path)
	if !ok {
		return
	}
	fields := make(map[string]int)
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); name != "" && name != "-" {
			fields[name] = i
		}
	}
	for _, e := range entries {
		key := e.Key.GetToken().Value
		at := join(path, key)
		i, ok := fields[key]
		if !ok {
			d.fail(e.Key, at, "unknown key; known here: %s", known(fields))
			continue
		}
		d.mark(e.Value, at)
		d.decode(e.Value, at, v.Field(i), depth+1)
	}
}

func (d *decoder) decodeMap(n ast.Node, path string, v reflect.Value, depth int) {
	entries, ok := d.entries(n, path)
	if !ok {
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, e := range entries {
		key := e.Key.GetToken().Value
		at := join(path, key)
		d.mark(e.Value, at)
		item := reflect.New(v.Type().Elem()).Elem()
		d.decode(e.Value, at, item, depth+1)
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), item)
	}
}

func (d *decoder) decodeSlice(n ast.Node, path string, v reflect.Value, depth int) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(n, path, "expected a list, found %s", kindOf(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		at := path + "[" + strconv.Itoa(i) + "]"
		d.mark(item, at)
		d.decode(item, at, out.Index(i), depth+1)
	}
	v.Set(out)
}

func isMapping(n ast.Node) bool {
	m, ok := n.(*ast.MappingNode)
	if ok {
		_, text := plainColon(m)
		return !text
	}
	_, ok = n.(*ast.MappingValueNode)
	return ok
}

func (d *decoder) scalar(n ast.Node, path, want string) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	case *ast.MappingNode:
		if text, ok := plainColon(s); ok {
			return text, true
		}
	}
	d.fail(n, path, "expected %s, found %s", want, kindOf(n))
	return "", false
}

// plainColon returns the text that n really is when it was written without quotes and
// without a blank behind its colon. YAML 1.2 (section 7.3.3) reads {brokers: [kafka:9092]}
// as text; the parser takes it for a key with a value.
func plainColon(m *ast.MappingNode) (string, bool) {
	if len(m.Values) != 1 || m.GetToken().Type != token.MappingValueType { // {kafka:9092}
		return "", false
	}
	key, colon, value := m.Values[0].Key.GetToken(), m.GetToken(), m.Values[0].Value.GetToken()
	plain := func(t *token.Token) bool {
		return t.Type == token.StringType || t.Type == token.IntegerType || t.Type == token.FloatType
	}
	if !plain(key) || !plain(value) || value.Position.Line != colon.Position.Line || value.Position.Column != colon.Position.Column+1 {
		return "", false
	}
	return key.Value + ":" + value.Value, true
}

func (d *decoder) decodeScalar(n ast.Node, path string, v reflect.Value) {
	want := wanted(v.Kind())
	text, ok := d.scalar(n, path, want)
	if !ok {
		return
	}
	var err error
	switch k := v.Kind(); {
	case k == reflect.String:
		v.SetString(text)
		return
	case k == reflect.Bool:
		var b bool
		if n.Type() != ast.BoolType {
			err = errors.New("no boolean")
		} else if b, err = strconv.ParseBool(text); err == nil {
			v.SetBool(b)
		}
	case v.CanInt():
		var i int64
		if i, err = strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(i)
		}
	case v.CanUint():
		var u uint64
		if u, err = strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
			v.SetUint(u)
		}
	case v.CanFloat():
		var f float64
		if f, err = strconv.ParseFloat(text, v.Type().Bits()); err == nil {
			v.SetFloat(f)
		}
	default:
		err = errors.New("unknown type")
	}
	if err != nil {
		d.fail(n, path, "expected %s, found %q", want, text)
	}
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%q", n.String())
}

func known(fields map[string]int) string {
	names := make([]string, 0, len(fields))
	for n := range fields {
		names = append(names, n)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

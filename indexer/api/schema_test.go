package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// description is openapi.yaml, decoded.
type description map[string]any

func readDescription(t *testing.T) description {
	t.Helper()
	var d description
	if err := yaml.Unmarshal(openAPI, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// at returns what stands under the keys; nil when there is nothing.
func at(v any, keys ...string) any {
	for _, k := range keys {
		switch m := v.(type) {
		case map[string]any:
			v = m[k]
		case description:
			v = m[k]
		default:
			return nil
		}
	}
	return v
}

// resolve follows a reference.
func (d description) resolve(v any) map[string]any {
	m, _ := v.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		return d.resolve(at(d, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...))
	}
	return m
}

// check returns what is wrong with a JSON value by a schema; it knows the keywords that
// openapi.yaml uses.
func (d description) check(schema, v any, path string) (faults []string) {
	s := d.resolve(schema)
	fault := func(format string, args ...any) {
		faults = append(faults, path+": "+fmt.Sprintf(format, args...))
	}
	if of, ok := s["oneOf"].([]any); ok {
		fits := 0
		var all []string
		for _, sub := range of {
			wrong := d.check(sub, v, path)
			if all = append(all, wrong...); len(wrong) == 0 {
				fits++
			}
		}
		if fits != 1 {
			fault("fits %d of the schemas: %s", fits, strings.Join(all, "; "))
		}
		return faults
	}
	for _, sub := range list(s["allOf"]) {
		faults = append(faults, d.check(sub, v, path)...)
	}
	if enum := list(s["enum"]); enum != nil && !slices.ContainsFunc(enum, func(e any) bool { return fmt.Sprint(e) == fmt.Sprint(v) }) {
		fault("%v is none of %v", v, enum)
	}
	switch s["type"] {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			fault("no object: %v", v)
			return faults
		}
		return append(faults, d.checkObject(s, m, path)...)
	case "array":
		items, ok := v.([]any)
		if !ok {
			fault("no array: %v", v)
		}
		for i, item := range items {
			faults = append(faults, d.check(s["items"], item, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case "string":
		if _, ok := v.(string); !ok {
			fault("no string: %v", v)
		}
	case "integer":
		if n, ok := v.(float64); !ok || n != float64(int64(n)) {
			fault("no whole number: %v", v)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			fault("not true or false: %v", v)
		}
	}
	return faults
}

func (d description) checkObject(s, m map[string]any, path string) (faults []string) {
	for _, name := range list(s["required"]) {
		if _, ok := m[name.(string)]; !ok {
			faults = append(faults, fmt.Sprintf("%s: %v is missing", path, name))
		}
	}
	if s["minProperties"] != nil && len(m) == 0 {
		faults = append(faults, path+": it is empty")
	}
	for name, member := range m {
		if known := at(s["properties"], name); known != nil {
			faults = append(faults, d.check(known, member, path+"."+name)...)
			continue
		}
		switch more := s["additionalProperties"].(type) {
		case bool:
			if !more {
				faults = append(faults, path+": "+name+" is not known")
			}
		case map[string]any:
			faults = append(faults, d.check(more, member, path+"."+name)...)
		}
	}
	return faults
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

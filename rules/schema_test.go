package rules_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/pipeline"
	"foghorn/rules"
	"foghorn/rules/check"
	"foghorn/rules/packs"
)

// schema is the part of JSON Schema that the file uses; another keyword is a failure.
type schema struct {
	Schema      string             `json:"$schema"`
	ID          string             `json:"$id"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Type        string             `json:"type"`
	Format      string             `json:"format"`
	Pattern     string             `json:"pattern"`
	Enum        []string           `json:"enum"`
	Required    []string           `json:"required"`
	Properties  map[string]*schema `json:"properties"`
	Additional  any                `json:"additionalProperties"`
	Items       *schema            `json:"items"`
	Minimum     *float64           `json:"minimum"`
	MinLength   int                `json:"minLength"`
}

// faults says where v does not fit s.
func (s *schema) faults(path string, v any) (out []string) {
	bad := func(format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) }
	switch v := v.(type) {
	case map[string]any:
		if s.Type != "object" {
			bad("have an object, want %s", s.Type)
		}
		for _, r := range s.Required {
			if _, ok := v[r]; !ok {
				bad("lacks %s", r)
			}
		}
		for k, x := range v {
			switch p := s.Properties[k]; {
			case p != nil:
				out = append(out, p.faults(path+"."+k, x)...)
			case s.Additional == false:
				bad("has %s", k)
			default:
				if _, ok := x.(string); !ok {
					bad("%s is no string", k)
				}
			}
		}
	case []any:
		if s.Type != "array" {
			bad("have an array, want %s", s.Type)
			return out
		}
		for i, x := range v {
			out = append(out, s.Items.faults(fmt.Sprintf("%s[%d]", path, i), x)...)
		}
	case string:
		if s.Type != "string" || len(v) < s.MinLength || s.Enum != nil && !slices.Contains(s.Enum, v) {
			bad("have %q, want %s %v", v, s.Type, s.Enum)
		}
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(v) {
			bad("have %q, want %s", v, s.Pattern)
		}
		if _, err := time.Parse(time.RFC3339Nano, v); s.Format == "date-time" && err != nil {
			bad("%v", err)
		}
	case float64:
		if s.Type != "number" && (s.Type != "integer" || v != float64(int64(v))) || s.Minimum != nil && v < *s.Minimum {
			bad("have %v, want %s", v, s.Type)
		}
	default:
		bad("have %v", v)
	}
	return out
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	var s schema
	d := json.NewDecoder(strings.NewReader(string(rules.AnomalySchema)))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// The schema has the fields of the Go types, no more and no fewer, and requires those
// that are always written.
func TestSchemaHasAllFields(t *testing.T) {
	s := readSchema(t)
	for _, c := range []struct {
		of     reflect.Type
		schema *schema
	}{
		{reflect.TypeFor[pipeline.Anomaly](), s},
		{reflect.TypeFor[pipeline.Sample](), s.Properties["samples"].Items},
	} {
		var fields, always, known []string
		for i := range c.of.NumField() {
			name, options, _ := strings.Cut(c.of.Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
			if !strings.Contains(options, "omitempty") {
				always = append(always, name)
			}
		}
		for k := range c.schema.Properties {
			known = append(known, k)
		}
		required := slices.Clone(c.schema.Required)
		for _, list := range [][]string{fields, always, known, required} {
			sort.Strings(list)
		}
		if diff := cmp.Diff(fields, known); diff != "" {
			t.Errorf("%v: properties (-type +schema):\n%s", c.of, diff)
		}
		if diff := cmp.Diff(always, required); diff != "" {
			t.Errorf("%v: required (-type +schema):\n%s", c.of, diff)
		}
	}
}

// The anomalies that the pack's tests raise fit the schema.
func TestAnomaliesFitTheSchema(t *testing.T) {
	s := readSchema(t)
	set, err := packs.Load()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range set.Rules() {
		results, err := check.Run(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, res := range results {
			for i := range res.Have {
				value, err := json.Marshal(&res.Have[i])
				if err != nil {
					t.Fatal(err)
				}
				var v any
				if err := json.Unmarshal(value, &v); err != nil {
					t.Fatal(err)
				}
				for _, f := range s.faults(r.ID, v) {
					t.Error(f)
				}
				n++
			}
		}
	}
	if n == 0 {
		t.Fatal("no anomaly was looked at")
	}
	if f := s.faults("broken", map[string]any{"id": "x", "seq": 0.5, "more": true}); len(f) < 4 {
		t.Errorf("a broken anomaly has only the faults %v", f)
	}
}

package search

import (
	"strconv"

	"foghorn/indexer/store"
	"foghorn/pipeline"
	"foghorn/pipeline/query"
)

// planOf returns what a block must hold for one of its lines to match n. Nodes that tell
// nothing (All, Not) give a condition that is always true.
func planOf(n query.Node) store.Cond {
	switch n := n.(type) {
	case query.And:
		all := make(store.CondAll, 0, len(n.Nodes))
		for _, sub := range n.Nodes {
			all = append(all, planOf(sub))
		}
		return all
	case query.Or:
		anyOf := make(store.CondAny, 0, len(n.Nodes))
		for _, sub := range n.Nodes {
			anyOf = append(anyOf, planOf(sub))
		}
		return anyOf
	case query.Field:
		return planField(n)
	case query.Exists:
		return fieldCond(n.Name, func(string) bool { return true }, nil)
	}
	return planWords(query.Required(n))
}

func planWords(needs query.Needs) store.Cond {
	all := make(store.CondAll, 0, len(needs))
	for _, alternatives := range needs {
		anyOf := make(store.CondAny, 0, len(alternatives))
		for _, need := range alternatives {
			anyOf = append(anyOf, store.CondWord{Kind: wordKind(need.Kind), Text: need.Text})
		}
		if len(anyOf) == 1 {
			all = append(all, anyOf[0])
		} else {
			all = append(all, anyOf)
		}
	}
	return all
}

func wordKind(k query.Kind) store.WordKind {
	switch k {
	case query.Whole:
		return store.Whole
	case query.Prefix:
		return store.Prefix
	case query.Suffix:
		return store.Suffix
	}
	return store.Infix
}

func planField(f query.Field) store.Cond {
	if pipeline.CanonicalField(f.Name) == "body" {
		return store.CondAll{}
	}
	var equal *string
	if f.Op == query.Equal {
		equal = &f.Value
	}
	return fieldCond(f.Name, f.Matcher(), equal)
}

// fieldCond asks for a field; the level is indexed as its number.
func fieldCond(name string, accept func(string) bool, equal *string) store.Cond {
	name = pipeline.CanonicalField(name)
	if name == "severity_text" {
		return &store.CondField{Name: store.FieldSeverity, Accept: func(v string) bool {
			n, err := strconv.ParseUint(v, 10, 8)
			return err != nil || accept(pipeline.Severity(n).String())
		}}
	}
	return &store.CondField{Name: name, Accept: accept, Equal: equal}
}

// wants says what a block must be read with.
type wants struct {
	fields bool // more than line, identity, times, level, service, host and path
	places bool // host or path, which are fields in blocks of foreign producers
}

// in says whether b must be read with its fields.
func (x wants) in(b *store.Block) bool {
	return !b.HasFields() && (x.fields || x.places && b.Foreign())
}

// with is what both want.
func (x wants) with(o wants) wants { return wants{x.fields || o.fields, x.places || o.places} }

// wantsOf returns what n looks at.
func wantsOf(n query.Node) (x wants) {
	switch n := n.(type) {
	case query.And:
		for _, sub := range n.Nodes {
			x = x.with(wantsOf(sub))
		}
	case query.Or:
		for _, sub := range n.Nodes {
			x = x.with(wantsOf(sub))
		}
	case query.Not:
		return wantsOf(n.Node)
	case query.Field:
		return wantsField(n.Name)
	case query.Exists:
		return wantsField(n.Name)
	}
	return x
}

func wantsField(name string) wants {
	switch pipeline.CanonicalField(name) {
	case "body", "source", "timestamp", "observed_timestamp", "severity_text", "severity_number", "service.name":
		return wants{}
	case "host.name", "log.file.path":
		return wants{places: true}
	}
	return wants{fields: true}
}

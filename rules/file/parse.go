package file

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/pipeline/pattern"
	"foghorn/pipeline/query"
	"foghorn/pipeline/yamldoc"
	"foghorn/rules"
)

// document is a rule file as YAML.
type document struct {
	Rules []ruleDoc `yaml:"rules"`
}

type ruleDoc struct {
	ID            string            `yaml:"id"`
	Title         string            `yaml:"title"`
	Description   string            `yaml:"description"`
	Severity      string            `yaml:"severity"`
	Match         string            `yaml:"match"`
	Extract       string            `yaml:"extract"`
	GroupBy       []string          `yaml:"group_by"`
	Threshold     *thresholdDoc     `yaml:"threshold"`
	KeepFiringFor yamldoc.Duration  `yaml:"keep_firing_for"`
	Annotations   map[string]string `yaml:"annotations"`
	Tests         []testDoc         `yaml:"tests"`
}

type thresholdDoc struct {
	Count  string           `yaml:"count"`
	Window yamldoc.Duration `yaml:"window"`
}

type testDoc struct {
	Name    string            `yaml:"name"`
	Service string            `yaml:"service"`
	Host    string            `yaml:"host"`
	Path    string            `yaml:"path"`
	Labels  map[string]string `yaml:"labels"`
	Lines   string            `yaml:"lines"`
	Expect  []expectDoc       `yaml:"expect"`
}

type expectDoc struct {
	Group   map[string]string `yaml:"group"`
	Count   *int64            `yaml:"count"`
	Started string            `yaml:"started"`
	Summary string            `yaml:"summary"`
}

// Bounds of a rule file.
const (
	maxFile    = 1 << 20
	maxGroupBy = 8
	maxTime    = 7 * 24 * time.Hour

	// patternKeep is keep_firing_for of a rule without a threshold.
	patternKeep = 5 * time.Minute
)

// Parse reads the rules of one file, which may use the known grok patterns. The error is a
// yamldoc.Faults with all that is wrong.
func Parse(name string, data []byte) ([]*rules.Rule, error) { return parseFile(name, data, nil) }

// parseFile is Parse with the named patterns of one's own.
func parseFile(name string, data []byte, grok *pattern.Grok) ([]*rules.Rule, error) {
	if len(data) > maxFile {
		return nil, yamldoc.Faults{{File: name, Message: fmt.Sprintf("expected at most %d bytes, found %d", maxFile, len(data))}}
	}
	var in document
	doc, err := yamldoc.Decode(name, data, &in)
	p := &parser{name: name, doc: doc, grok: grok, faulty: make(map[string]bool)}
	if err != nil && !errors.As(err, &p.faults) {
		return nil, err
	}
	for _, f := range p.faults {
		p.faulty[f.Path] = true
	}
	if len(p.faults) == 0 && len(in.Rules) == 0 {
		p.fail("rules", "expected at least one rule")
	}
	var out []*rules.Rule
	for i := range in.Rules {
		out = append(out, p.rule(fmt.Sprintf("rules[%d]", i), &in.Rules[i]))
	}
	if err := p.faults.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// parser turns a document into rules and gathers what is wrong.
type parser struct {
	name   string
	doc    *yamldoc.Document
	grok   *pattern.Grok
	faults yamldoc.Faults
	faulty map[string]bool // paths that could not be read and are not judged as well
}

func (p *parser) fail(path, format string, args ...any) {
	if !p.faulty[path] {
		p.faults = append(p.faults, p.doc.Fault(path, format, args...))
	}
}

// failInside reports a fault at a character (from 1) of the text at path.
func (p *parser) failInside(path, text string, character int, message string) {
	if !p.faulty[path] {
		p.faults = append(p.faults, p.doc.FaultIn(path, text, character, "%s", message))
	}
}

var (
	idForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)
	fieldForm = regexp.MustCompile(`^[A-Za-z_@][A-Za-z0-9_.@-]{0,199}$`)
	countForm = regexp.MustCompile(`^\s*(>=|>)\s*([0-9]{1,15})\s*$`)
)

func (p *parser) rule(path string, in *ruleDoc) *rules.Rule {
	r := &rules.Rule{
		ID: in.ID, Title: in.Title, Description: in.Description, Severity: in.Severity,
		Kind: rules.KindPattern, MatchText: in.Match, GroupBy: in.GroupBy,
		MinCount: 1, KeepFiring: patternKeep, File: p.name, Line: p.doc.Fault(path, "").Line,
	}
	if !idForm.MatchString(in.ID) {
		p.fail(path+".id", "expected an id of lower-case letters, digits, - and _, found %q", in.ID)
	}
	if in.Title == "" {
		p.fail(path+".title", "expected a title")
	}
	if !slices.Contains(rules.Severities, in.Severity) {
		p.fail(path+".severity", "expected one of %s, found %q", strings.Join(rules.Severities, ", "), in.Severity)
	}
	p.match(path+".match", r)
	own := p.extract(path+".extract", in.Extract, r)
	p.groupBy(path+".group_by", r)
	if in.Threshold != nil {
		p.threshold(path+".threshold", in.Threshold, r)
		r.KeepFiring = r.Window
	}
	if keep := path + ".keep_firing_for"; p.doc.Has(keep) {
		if r.KeepFiring = time.Duration(in.KeepFiringFor); r.KeepFiring > maxTime {
			p.fail(keep, "expected at most %v, found %v", maxTime, r.KeepFiring)
		}
	}
	p.annotations(path+".annotations", in.Annotations, r)
	names := make(map[string]bool)
	for i := range in.Tests {
		at := fmt.Sprintf("%s.tests[%d]", path, i)
		if names[in.Tests[i].Name] {
			p.fail(at+".name", "two tests of the rule have the name %q", in.Tests[i].Name)
		}
		names[in.Tests[i].Name] = true
		r.Tests = append(r.Tests, p.test(at, &in.Tests[i], r))
	}
	r.Revision = revision(in, own)
	return r
}

func (p *parser) match(path string, r *rules.Rule) {
	if strings.TrimSpace(r.MatchText) == "" {
		p.fail(path, `expected a query; "*" matches every line`)
		return
	}
	node, err := query.Parse(r.MatchText)
	var at *query.Error
	switch {
	case errors.As(err, &at):
		p.failInside(path, r.MatchText, at.Column, strings.TrimPrefix(at.Error(), fmt.Sprintf("column %d: ", at.Column)))
	case err != nil:
		p.fail(path, "%v", err)
	}
	r.Match = node
}

func (p *parser) groupBy(path string, r *rules.Rule) {
	if len(r.GroupBy) > maxGroupBy {
		p.fail(path, "expected at most %d fields, found %d", maxGroupBy, len(r.GroupBy))
	}
	for i, f := range r.GroupBy {
		at := fmt.Sprintf("%s[%d]", path, i)
		if !fieldForm.MatchString(f) {
			p.fail(at, "expected the name of a field, found %q", f)
		} else if slices.Contains(r.GroupBy[:i], f) {
			p.fail(at, "%q is there twice", f)
		}
	}
}

func (p *parser) threshold(path string, in *thresholdDoc, r *rules.Rule) {
	r.Kind, r.Window = rules.KindThreshold, time.Duration(in.Window)
	m := countForm.FindStringSubmatch(in.Count)
	if m == nil {
		p.fail(path+".count", `expected a condition such as ">= 10" or "> 9" (only >= and > are known here), found %q`, in.Count)
	} else {
		n, _ := strconv.ParseInt(m[2], 10, 64) // 15 digits at most
		r.MinCount, r.Threshold = n, m[1]+" "+m[2]
		if m[1] == ">" {
			r.MinCount++
		}
		if r.MinCount < 1 {
			p.fail(path+".count", `expected ">= 1" or more: %q is always true`, in.Count)
		}
	}
	switch {
	case r.Window < time.Second || r.Window > maxTime:
		p.fail(path+".window", "expected 1s to %v, found %v", maxTime, r.Window)
	case r.Window%time.Second != 0:
		p.fail(path+".window", "expected whole seconds, found %v", r.Window)
	}
}

func (p *parser) test(path string, in *testDoc, r *rules.Rule) rules.Test {
	at := p.doc.Fault(path, "")
	t := rules.Test{
		Name: in.Name, Service: in.Service, Host: in.Host, Path: in.Path, Labels: in.Labels,
		File: p.name, Line: at.Line, Column: at.Column,
	}
	if in.Name == "" {
		p.fail(path+".name", "expected a name")
	}
	if in.Path != "" && !strings.HasPrefix(in.Path, "/") {
		p.fail(path+".path", "expected an absolute path, found %q", in.Path)
	}
	if text := strings.TrimSuffix(in.Lines, "\n"); text == "" {
		p.fail(path+".lines", "expected log lines, as a block below \"lines: |\"")
	} else {
		t.Lines = strings.Split(text, "\n")
	}
	if !p.doc.Has(path + ".expect") {
		p.fail(path+".expect", "expected a list of episodes; [] when the rule must not fire")
	}
	for i := range in.Expect {
		t.Expect = append(t.Expect, p.expect(fmt.Sprintf("%s.expect[%d]", path, i), &in.Expect[i], r))
	}
	return t
}

func (p *parser) expect(path string, in *expectDoc, r *rules.Rule) rules.Expect {
	x := rules.Expect{Group: in.Group, Count: -1, Summary: in.Summary}
	for name := range in.Group {
		if !slices.Contains(r.GroupBy, name) {
			p.fail(path+".group."+name, "%q is not in group_by: %s", name, strings.Join(r.GroupBy, ", "))
		}
	}
	if in.Count != nil {
		if x.Count = *in.Count; x.Count < 1 {
			p.fail(path+".count", "expected 1 or more, found %d", x.Count)
		}
	}
	if in.Started != "" {
		var err error
		if x.Started, err = time.Parse(time.RFC3339, in.Started); err != nil {
			p.fail(path+".started", "expected a time such as 2026-01-31T10:00:00Z, found %q", in.Started)
		}
	}
	return x
}

// revision is a hash over the rule as written, its tests aside, and over what is elsewhere
// and changes its meaning: patterns of one's own.
func revision(in *ruleDoc, own []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q %q %v %q", in.ID, in.Title, in.Description, in.Severity,
		in.Match, in.Extract, in.GroupBy, in.KeepFiringFor, in.Annotations)
	if in.Threshold != nil {
		fmt.Fprintf(h, " %q %v", in.Threshold.Count, in.Threshold.Window)
	}
	for _, pattern := range own {
		fmt.Fprintf(h, " %q", pattern)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

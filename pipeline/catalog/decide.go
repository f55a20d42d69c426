package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"foghorn/pipeline"
)

// Decision is what someone decides about a template. What is nil stays as it is.
type Decision struct {
	// ID is any id that lines of the template have had.
	ID string `json:"id"`
	// Name is what people call it; "" takes the name away.
	Name *string `json:"name,omitempty"`
	// Muted leaves it out of lists.
	Muted *bool `json:"muted,omitempty"`
	// MergeInto counts its lines as those of another template; "" ends that.
	MergeInto *string `json:"merge_into,omitempty"`
	// Split gives the lines in which a variable has a value an id of their own. It
	// applies to lines processed from now on.
	Split *Split `json:"split,omitempty"`
	// Unsplit ends a split: the id of the template that was split off.
	Unsplit string `json:"unsplit,omitempty"`
}

// Split names lines of a template.
type Split struct {
	// Variable counts the variables of the template's text from 1.
	Variable int    `json:"variable"`
	Value    string `json:"value"`
}

// Bounds of a Curation.
const (
	maxNameLength = 200
	maxSplits     = 100
)

// ErrUnknown says that there is no template with an id.
var ErrUnknown = errors.New("no such template")

// Decide writes a decision to the topic, and returns the template as it is then. The error
// wraps ErrUnknown for an id that is not known, is a *BadDecision for what cannot be
// decided, or is sink's.
func (b *Board) Decide(ctx context.Context, sink pipeline.Sink, d Decision, now time.Time) (Row, error) {
	decided, err := b.decided(d, now.UTC())
	if err != nil {
		return Row{}, err
	}
	var out []pipeline.Message
	for _, c := range decided {
		msg, err := message(keyCuration+c.ID, c)
		if err != nil {
			return Row{}, err
		}
		out = append(out, msg)
	}
	if err := sink.Produce(ctx, out); err != nil {
		return Row{}, fmt.Errorf("write a decision about %s: %w", d.ID, err)
	}
	b.take(out) // Run reads it as well
	row, _ := b.Get(decided[0].ID)
	return row, nil
}

// Desk is a Board with a Sink for decisions.
type Desk struct {
	*Board
	Sink pipeline.Sink
}

// Decide is Board.Decide, now.
func (d Desk) Decide(ctx context.Context, decision Decision) (Row, error) {
	return d.Board.Decide(ctx, d.Sink, decision, time.Now())
}

// BadDecision says what is wrong with a decision.
type BadDecision struct {
	// Field is the field at fault as JSON names it.
	Field   string
	Message string
}

// Error names the field and what was expected.
func (e *BadDecision) Error() string { return e.Field + ": " + e.Message }

// decided returns the Curations that a decision changes; the first is the template's own.
func (b *Board) decided(d Decision, now time.Time) ([]*Curation, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.view()
	id, err := v.subject(d.ID)
	if err != nil {
		return nil, err
	}
	var c Curation
	if h := b.curations[id]; h != nil {
		c = h.value
		c.Splits = slices.Clone(c.Splits)
	} else if of, ok := v.curation(id); ok {
		c.Name, c.Muted = of.Name, of.Muted
	}
	c.ID, c.Changed = id, now
	if d.Name != nil {
		if c.Name = strings.TrimSpace(*d.Name); len(c.Name) > maxNameLength {
			return nil, &BadDecision{"name", fmt.Sprintf("expected at most %d bytes, found %d", maxNameLength, len(c.Name))}
		}
	}
	if d.Muted != nil {
		c.Muted = *d.Muted
	}
	if d.MergeInto != nil {
		if err := v.merge(&c, *d.MergeInto); err != nil {
			return nil, err
		}
	}
	if d.Split != nil {
		if err := v.split(&c, *d.Split); err != nil {
			return nil, err
		}
	}
	out := []*Curation{&c}
	if d.Unsplit != "" {
		o, ok := v.origins[d.Unsplit]
		if !ok || o.of != id && v.final(o.of) != id {
			return nil, &BadDecision{"unsplit", fmt.Sprintf("%q was not split off this template", d.Unsplit)}
		}
		owner := &c
		if o.of != id { // of a template that has become part of this one
			of := b.curations[o.of].value
			of.Splits, of.Changed = slices.Clone(of.Splits), now
			owner = &of
			out = append(out, owner)
		}
		owner.Splits = slices.DeleteFunc(owner.Splits, func(text string) bool { return text == o.text })
	}
	return out, nil
}

func (v *view) merge(c *Curation, id string) error {
	c.MergedInto = ""
	if id == "" {
		return nil
	}
	into, err := v.subject(id)
	if err != nil {
		return fmt.Errorf("merge_into: %w", err)
	}
	if into = v.final(into); into == c.ID {
		return &BadDecision{"merge_into", "a template cannot become part of itself"}
	}
	c.MergedInto = into
	return nil
}

// subject returns the id under which decisions about a template are kept: that of the
// template of which the one with this id is a part, but not of one that people have merged
// it into.
func (v *view) subject(id string) (string, error) {
	if t, ok := v.board.ids.known().Lookup(id); ok {
		return t.ID, nil
	}
	if _, ok := v.origins[id]; ok {
		return id, nil
	}
	return "", fmt.Errorf("%w: %q", ErrUnknown, id)
}

func (v *view) split(c *Curation, s Split) error {
	t, ok := v.board.ids.known().Lookup(c.ID)
	if !ok {
		return &BadDecision{"split", fmt.Sprintf("%q was split off: split the template that it is of", v.origins[c.ID].text)}
	}
	text, err := SplitText(&t, s.Variable, s.Value)
	switch {
	case err != nil:
		return &BadDecision{"split", err.Error()}
	case slices.Contains(c.Splits, text):
		return nil
	case len(c.Splits) == maxSplits:
		return &BadDecision{"split", fmt.Sprintf("expected at most %d splits of a template", maxSplits)}
	}
	c.Splits = append(c.Splits, text)
	return nil
}

package score

import "fmt"

// Line is one scored line. Group and Event are opaque: equal strings mean one group.
type Line struct {
	Group    string // predicted group
	Template string // predicted template
	Event    string // true event
	Truth    string // true template
}

// Accuracy holds four accuracies, each between 0 and 1.
type Accuracy struct {
	GA  float64 // share of lines in right groups
	FGA float64 // F1 of right groups among predicted and true groups
	PA  float64 // share of lines whose template is the true one
	FTA float64 // F1 of right templates among predicted and true templates
}

// Of scores lines.
//
// A predicted group is right when all its lines carry one true event and that event has
// exactly as many lines. A predicted template is right when the set of true templates of
// its lines holds it alone. Accuracies of no lines are zero.
func Of(lines []Line) Accuracy {
	if len(lines) == 0 {
		return Accuracy{}
	}
	groups := make(map[string]map[string]int)
	events := make(map[string]int)
	predicted := make(map[string]map[string]bool)
	truths := make(map[string]bool)
	var exact int
	for _, l := range lines {
		if groups[l.Group] == nil {
			groups[l.Group] = make(map[string]int)
		}
		groups[l.Group][l.Event]++
		events[l.Event]++
		if predicted[l.Template] == nil {
			predicted[l.Template] = make(map[string]bool)
		}
		predicted[l.Template][l.Truth] = true
		truths[l.Truth] = true
		if l.Template == l.Truth {
			exact++
		}
	}
	var rightGroups, rightLines int
	for _, in := range groups {
		for event, n := range in {
			if len(in) == 1 && events[event] == n {
				rightGroups++
				rightLines += n
			}
		}
	}
	var rightTemplates int
	for t, in := range predicted {
		if len(in) == 1 && in[t] {
			rightTemplates++
		}
	}
	return Accuracy{
		GA:  float64(rightLines) / float64(len(lines)),
		FGA: f1(rightGroups, len(groups), len(events)),
		PA:  float64(exact) / float64(len(lines)),
		FTA: f1(rightTemplates, len(predicted), len(truths)),
	}
}

// f1 is the harmonic mean of right/predicted and right/known.
func f1(right, predicted, known int) float64 {
	if right == 0 {
		return 0
	}
	p, r := float64(right)/float64(predicted), float64(right)/float64(known)
	return 2 * p * r / (p + r)
}

// Mean is the mean of each accuracy; the mean of none is zero.
func Mean(all []Accuracy) Accuracy {
	var m Accuracy
	if len(all) == 0 {
		return m
	}
	n := float64(len(all))
	for _, a := range all {
		m.GA += a.GA / n
		m.FGA += a.FGA / n
		m.PA += a.PA / n
		m.FTA += a.FTA / n
	}
	return m
}

// String gives the four accuracies with three decimals.
func (a Accuracy) String() string {
	return fmt.Sprintf("GA %.3f  FGA %.3f  PA %.3f  FTA %.3f", a.GA, a.FGA, a.PA, a.FTA)
}

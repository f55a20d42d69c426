package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"foghorn/pipeline"
)

// alertmanager posts the newest state of each anomaly to Alertmanager's API v2
// (github.com/prometheus/alertmanager, api/v2/openapi.yaml, postableAlert).
type alertmanager struct {
	post *poster
	// hold is how far in the future the end of a firing alert is set: should Foghorn
	// stop, Alertmanager resolves it then.
	hold time.Duration
}

// amAlert is Alertmanager's postableAlert.
type amAlert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

func (m alertmanager) batch() int { return 64 }

func (m alertmanager) send(ctx context.Context, items []item) error {
	newest := make([]*pipeline.Anomaly, 0, len(items))
	at := make(map[string]int, len(items))
	for i := range items {
		a := &items[i].anomaly
		if j, ok := at[a.ID]; ok {
			newest[j] = a
			continue
		}
		at[a.ID] = len(newest)
		newest = append(newest, a)
	}
	now := time.Now()
	alerts := make([]amAlert, len(newest))
	for i, a := range newest {
		alerts[i] = postable(a, now, m.hold)
	}
	body, err := json.Marshal(alerts)
	if err != nil {
		return rejected{fmt.Errorf("encode alerts: %w", err)}
	}
	return m.post.post(ctx, body, nil)
}

// postable renders an anomaly. Labels are what Alertmanager groups and silences by, so
// they are the same for each episode of a rule and group; what changes is an annotation.
// Event times ahead of now are set to now, as an alert that ends in the future fires.
func postable(a *pipeline.Anomaly, now time.Time, hold time.Duration) amAlert {
	labels := map[string]string{"alertname": a.Rule, "severity": a.Severity}
	if a.ErrorClass != "" {
		labels["error_class"] = a.ErrorClass
	}
	names := make([]string, 0, len(a.Group))
	for n := range a.Group {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		key := labelName(n)
		for _, taken := labels[key]; taken; _, taken = labels[key] {
			key = "group_" + key
		}
		labels[key] = strings.ToValidUTF8(a.Group[n], "\uFFFD")
	}
	for n, v := range labels {
		if v == "" { // Alertmanager takes an empty label for an absent one
			delete(labels, n)
		}
	}
	notes := map[string]string{}
	for n, v := range a.Annotations {
		notes[labelName(n)] = strings.ToValidUTF8(v, "\uFFFD")
	}
	set := func(n, v string) {
		if v != "" {
			notes[n] = strings.ToValidUTF8(v, "\uFFFD")
		}
	}
	set("summary", a.Summary)
	set("title", a.Title)
	set("anomaly_id", a.ID)
	set("query", a.Query)
	set("threshold", a.Threshold)
	set("count", fmt.Sprint(a.Count))
	set("hosts", strings.Join(a.Hosts, ", "))
	if len(a.Samples) > 0 {
		set("sample", a.Samples[0].Line)
	}
	earlier := func(t time.Time) time.Time {
		if t.After(now) {
			return now
		}
		return t
	}
	alert := amAlert{Labels: labels, Annotations: notes, StartsAt: earlier(a.Started), EndsAt: now.Add(hold)}
	if a.State == pipeline.AnomalyResolved {
		alert.EndsAt = now
		if a.ResolvedAt != nil {
			alert.EndsAt = earlier(*a.ResolvedAt)
		}
		if alert.EndsAt.Before(alert.StartsAt) {
			alert.EndsAt = alert.StartsAt
		}
	}
	return alert
}

// labelName makes a Prometheus label name ([a-zA-Z_][a-zA-Z0-9_]*) of a field name.
func labelName(field string) string {
	var b strings.Builder
	for i, r := range field {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_':
			b.WriteRune(r)
		case r >= '0' && r <= '9':
			if i == 0 {
				b.WriteByte('_')
			}
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

package e2e

import (
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Question is one thing that engineers ask, in both languages.
type Question struct {
	Name string
	// Ours is the path and query of our API, Theirs of VictoriaLogs' API.
	Ours, Theirs string
	// Lines says that the answers are lines, whose numbers have to agree.
	Lines bool
}

// Questions are asked of both about the lines of a Generator: n lines, the newest at end.
func Questions(n int, end time.Time) []Question {
	newest := func(name string, limit int, ours, theirs string, since, until time.Time) Question {
		o := url.Values{"q": {ours}, "limit": {strconv.Itoa(limit)}, "coverage": {"brief"}, "fields": {"0"}}
		if !since.IsZero() {
			o.Set("since", since.UTC().Format(time.RFC3339Nano))
			theirs = fmt.Sprintf("_time:[%s, %s) %s", since.UTC().Format(time.RFC3339Nano), until.UTC().Format(time.RFC3339Nano), theirs)
			o.Set("until", until.UTC().Format(time.RFC3339Nano))
		}
		t := url.Values{"query": {theirs}, "limit": {strconv.Itoa(limit)}}
		return Question{
			Name: name, Ours: "/api/v1/search?" + o.Encode(), Theirs: "/select/logsql/query?" + t.Encode(), Lines: true,
		}
	}
	all := func(name, ours, theirs string) Question {
		return newest(name, 1000, ours, theirs, time.Time{}, time.Time{})
	}
	id := ID(n / 2 / idEvery * idEvery)
	absent := ID(n/2/idEvery*idEvery + 1)
	minute := end.Truncate(time.Minute)
	return []Question{
		all("a unique id", id, id),
		all("an absent id", absent, absent),
		all("a common phrase, 1,000 newest", `"Failed password"`, `"Failed password"`),
		all("a rare phrase", `"Address already in use"`, `"Address already in use"`),
		all("regex with a literal", `/PacketResponder [0-9] for block blk_[0-9]*77 /`, `~"PacketResponder [0-9] for block blk_[0-9]*77 "`),
		all("regex without a literal", `/[x-z]{3}[0-9]{4}[x-z]/`, `~"[x-z]{3}[0-9]{4}[x-z]"`),
		all("substring inside a word", `'cketRespond'`, `~"cketRespond"`),
		all("ignoring case", `/connection reset by peer/i`, `i("connection reset by peer")`),
		all("field and phrase", `service:OpenSSH host:host-3 "Failed password"`, `service:=OpenSSH host:=host-3 "Failed password"`),
		{
			Name:   "count per minute",
			Ours:   "/api/v1/histogram?" + url.Values{"q": {"error"}, "interval": {"1m"}, "coverage": {"brief"}}.Encode(),
			Theirs: "/select/logsql/query?" + url.Values{"query": {"i(error) | stats by (_time:1m) count() n"}}.Encode(),
		},
		{
			Name:   "top 10 of a field",
			Ours:   "/api/v1/facets?" + url.Values{"field": {"host"}, "top": {"10"}, "coverage": {"brief"}}.Encode(),
			Theirs: "/select/logsql/query?" + url.Values{"query": {"* | top 10 by (host)"}}.Encode(),
		},
		newest("a time slice", 1000, `"session opened"`, `"session opened"`, minute.Add(-5*time.Minute), minute.Add(-4*time.Minute)),
		newest("everything in the last minute", 0, "", "*", end.Add(-time.Minute), end.Add(time.Second)),
	}
}

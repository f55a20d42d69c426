package search

import "time"

// Coverage says how complete the store is, so that an answer can be trusted, or not.
type Coverage struct {
	// Complete is true when every record of logs.events is indexed, no source has a gap
	// and nothing is damaged.
	Complete bool `json:"complete"`
	// IndexedUntil is the observed time up to which all partitions are indexed: now when
	// none lags, else the newest line of the one that is furthest behind. Zero when that
	// is not known.
	IndexedUntil time.Time `json:"indexed_until"`
	// LagRecords is how many records of logs.events and logs.raw wait to be indexed.
	LagRecords int64 `json:"lag_records"`

	Sources    []SourceCoverage    `json:"sources"`
	Partitions []PartitionCoverage `json:"partitions"`
	Gaps       []Gap               `json:"gaps,omitempty"`
	Damaged    []Damage            `json:"damaged,omitempty"`
	// Thinned lists, by source, of what retention has kept some lines only. It says nothing
	// about Complete, as days that were removed whole do not.
	Thinned []Thinned `json:"thinned,omitempty"`

	// Lines and Bytes count what is searchable: lines, and bytes of raw lines. DiskBytes
	// is what the store takes on disk.
	Lines     int64 `json:"lines"`
	Bytes     int64 `json:"bytes"`
	DiskBytes int64 `json:"disk_bytes"`
}

// SourceCoverage is how far one source is indexed.
type SourceCoverage struct {
	Source string `json:"source"`
	Host   string `json:"host,omitempty"`
	Path   string `json:"path,omitempty"`
	// Generations is how many generations have lines in the store; Generation is the
	// newest and NextOffset the offset behind its last indexed line.
	Generations int    `json:"generations"`
	Generation  uint64 `json:"generation,string"`
	NextOffset  int64  `json:"next_offset"`
	Lines       int64  `json:"lines"`
	// LastEvent is the newest event time, LastObserved the newest observed time.
	LastEvent    time.Time `json:"last_event"`
	LastObserved time.Time `json:"last_observed"`
	// Missing is how many bytes of the source never arrived: the sum of its gaps. Of
	// foreign producers, whose Kafka offsets leave out the records of others, it is not
	// known and 0.
	Missing int64 `json:"missing,omitempty"`
}

// PartitionCoverage is how far one partition of logs.events is indexed.
type PartitionCoverage struct {
	Partition int `json:"partition"`
	// Next is the offset of the next record to index, End the partition's end as last
	// seen, Lag their difference.
	Next int64 `json:"next"`
	End  int64 `json:"end"`
	Lag  int64 `json:"lag"`
	// RawLag is how many records of the partition of logs.raw wait to be parsed.
	RawLag int64 `json:"raw_lag"`
}

// Thinned is a range of time of which retention has left only the lines of events that match
// a query.
type Thinned struct {
	// Source is empty in the summary of a search, which adds up those of all sources.
	Source string `json:"source,omitempty"`
	Query  string `json:"query"`
	// From and Until are the oldest and the newest event time there was, both inclusive.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Lines is how many are gone.
	Lines int64 `json:"lines"`
}

// Gap is a range of a source that never arrived.
type Gap struct {
	Source     string `json:"source"`
	Generation uint64 `json:"generation,string"`
	// From and To are offsets: From <= missing < To. A gap in a partition of logs.events
	// (records that retention removed unread) has Source "logs.events/<partition>" and
	// Kafka offsets.
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

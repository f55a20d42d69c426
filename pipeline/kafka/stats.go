package kafka

import "sync/atomic"

// Stats are totals since the Client was made.
type Stats struct {
	RecordsProduced, BytesProduced int64 // acknowledged; bytes before compression
	ProduceRequests                int64 // acknowledged
	ProduceRetries                 int64 // attempts that failed and were repeated
	RecordsFetched, BytesFetched   int64 // bytes as on the wire
	FetchRequests, FetchRetries    int64
	Gaps                           int64 // times that records were gone before they were read
	Rebalances                     int64 // generations joined, the first included
	Commits, CommitErrors          int64
}

type counters struct {
	recordsProduced, bytesProduced, produceRequests, produceRetries atomic.Int64
	recordsFetched, bytesFetched, fetchRequests, fetchRetries, gaps atomic.Int64
	rebalances, commits, commitErrors                               atomic.Int64
}

// Stats returns the totals as of now.
func (c *Client) Stats() Stats {
	s := &c.stats
	return Stats{
		RecordsProduced: s.recordsProduced.Load(), BytesProduced: s.bytesProduced.Load(),
		ProduceRequests: s.produceRequests.Load(), ProduceRetries: s.produceRetries.Load(),
		RecordsFetched: s.recordsFetched.Load(), BytesFetched: s.bytesFetched.Load(),
		FetchRequests: s.fetchRequests.Load(), FetchRetries: s.fetchRetries.Load(),
		Gaps: s.gaps.Load(), Rebalances: s.rebalances.Load(),
		Commits: s.commits.Load(), CommitErrors: s.commitErrors.Load(),
	}
}

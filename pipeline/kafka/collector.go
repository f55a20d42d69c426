package kafka

import "github.com/prometheus/client_golang/prometheus"

// Collector returns the client's Stats as Prometheus counters, foghorn_kafka_*_total.
func (c *Client) Collector() prometheus.Collector { return collector{c} }

type collector struct{ client *Client }

type counter struct {
	desc  *prometheus.Desc
	value int64
}

func (c collector) counters() []counter {
	s := c.client.Stats()
	row := func(name, help string, value int64) counter {
		return counter{prometheus.NewDesc("foghorn_kafka_"+name+"_total", help, nil, nil), value}
	}
	return []counter{
		row("produced_records", "Records acknowledged.", s.RecordsProduced),
		row("produced_bytes", "Bytes acknowledged, before compression.", s.BytesProduced),
		row("produce_requests", "Produce requests acknowledged.", s.ProduceRequests),
		row("produce_retries", "Produce requests that failed and were repeated.", s.ProduceRetries),
		row("fetched_records", "Records read.", s.RecordsFetched),
		row("fetched_bytes", "Bytes read, as on the wire.", s.BytesFetched),
		row("fetch_requests", "Fetch requests answered.", s.FetchRequests),
		row("fetch_retries", "Fetch requests that failed and were repeated.", s.FetchRetries),
		row("gaps", "Times that records were gone before they were read.", s.Gaps),
		row("rebalances", "Generations of consumer groups joined.", s.Rebalances),
		row("commits", "Offset commits sent.", s.Commits),
		row("commit_errors", "Offset commits that failed.", s.CommitErrors),
	}
}

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, r := range c.counters() {
		out <- r.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	for _, r := range c.counters() {
		out <- prometheus.MustNewConstMetric(r.desc, prometheus.CounterValue, float64(r.value))
	}
}

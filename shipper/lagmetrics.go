package shipper

import (
	"sort"
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// maxLagging bounds how many files have a lag of their own in the metrics: those that lag
// most.
const maxLagging = 100

// lagCollector gives the lag of all files together, and of those that lag most.
type lagCollector struct {
	s *Shipper

	bytes, seconds, fileBytes, fileSeconds, examined *prometheus.Desc
}

func newLagCollector(s *Shipper) *lagCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("foghorn_shipper_"+name, help, labels, nil)
	}
	return &lagCollector{
		s:           s,
		bytes:       desc("lag_bytes", "Bytes not acknowledged yet."),
		seconds:     desc("lag_seconds", "Age of the oldest byte not acknowledged yet."),
		fileBytes:   desc("file_lag_bytes", "Bytes not acknowledged yet, of the 100 files that lag most.", "path"),
		fileSeconds: desc("file_lag_seconds", "Age of the oldest byte not acknowledged yet, of the 100 files that lag most.", "path"),
		examined:    desc("archives_examined_total", "Compressed files that were looked into."),
	}
}

// Describe implements prometheus.Collector.
func (c *lagCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.bytes, c.seconds, c.fileBytes, c.fileSeconds, c.examined} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *lagCollector) Collect(ch chan<- prometheus.Metric) {
	st := c.s.Status()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		m, err := prometheus.NewConstMetric(d, kind, v, labels...)
		if err != nil {
			m = prometheus.NewInvalidMetric(d, err)
		}
		ch <- m
	}
	send(c.bytes, prometheus.GaugeValue, float64(st.LagBytes))
	send(c.seconds, prometheus.GaugeValue, st.LagSeconds)
	send(c.examined, prometheus.CounterValue, float64(c.s.examined.Load()))
	for _, f := range lagging(st.File) {
		path := f.Path
		if !utf8.ValidString(path) {
			path = strconv.Quote(path) // a label's value is UTF-8
		}
		send(c.fileBytes, prometheus.GaugeValue, float64(f.LagBytes), path)
		send(c.fileSeconds, prometheus.GaugeValue, f.LagSeconds, path)
	}
}

// lagging returns the paths that lag most, each with the sum of its generations' bytes and
// the age of the oldest.
func lagging(files []FileStatus) []FileStatus {
	var out []FileStatus
	at := map[string]int{}
	for i := range files {
		f := &files[i]
		if f.LagBytes == 0 {
			continue
		}
		k, ok := at[f.Path]
		if !ok {
			at[f.Path] = len(out)
			out = append(out, FileStatus{Path: f.Path, LagBytes: f.LagBytes, LagSeconds: f.LagSeconds})
			continue
		}
		out[k].LagBytes += f.LagBytes
		out[k].LagSeconds = max(out[k].LagSeconds, f.LagSeconds)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := &out[i], &out[j]
		return a.LagBytes > b.LagBytes || a.LagBytes == b.LagBytes && a.Path < b.Path
	})
	return out[:min(len(out), maxLagging)]
}

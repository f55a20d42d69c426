package shipper

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

func TestLagIsToldInBytesAndSecondsPerFile(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.write("a.log", "a1\n")
	b.write("b.log", "b1\n")
	b.start()
	b.want("a.log", "a1")
	b.want("b.log", "b1")
	b.settled()
	b.sink.leave()
	b.write("a.log", "a2\n")
	b.until("a lags, and for some time", func() bool {
		st := b.s.Status()
		return st.LagBytes == 3 && st.LagSeconds > 0 && st.File[0].LagBytes == 3 && st.File[0].LagSeconds == st.LagSeconds
	})
	first := b.s.Status().LagSeconds
	b.write("a.log", "a3\n")
	b.until("the age of the oldest byte grows", func() bool {
		st := b.s.Status()
		return st.LagBytes == 6 && st.LagSeconds > first
	})
	if f := b.s.Status().File[1]; f.LagBytes != 0 || f.LagSeconds != 0 {
		t.Errorf("the other file: %+v", f)
	}
	b.sink.comeBack()
	b.settled()
	if st := b.s.Status(); st.LagSeconds != 0 {
		t.Errorf("all is acknowledged: %+v", st)
	}
}

func TestLagOfAFileIsInTheMetrics(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.log")
	b.write("a.log", "a1\n")
	b.write("caf\xe9.log", "c1\n")
	b.sink.leave()
	reg := prometheus.NewRegistry()
	s, err := New(b.cfg, b.sink, zerolog.Nop(), reg)
	if err != nil {
		t.Fatal(err)
	}
	b.launch(s)
	b.until("both files are known", func() bool { return b.s.Status().LagBytes == 6 })
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if name := f.GetName(); strings.Contains(name, "lag_bytes") {
				for _, l := range m.GetLabel() {
					name += " " + l.GetValue()
				}
				have[name] = m.GetGauge().GetValue()
			}
		}
	}
	want := map[string]float64{
		"foghorn_shipper_lag_bytes":                                             6,
		"foghorn_shipper_file_lag_bytes " + b.path("a.log"):                     3,
		fmt.Sprintf("foghorn_shipper_file_lag_bytes %q", b.path("caf\xe9.log")): 3,
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("metrics (-want +have):\n%s", d)
	}
	b.sink.comeBack()
}

func TestAtMost100FilesHaveALagOfTheirOwn(t *testing.T) {
	var files []FileStatus
	for i := range 500 {
		files = append(files, FileStatus{Path: fmt.Sprintf("/logs/%03d", i), LagBytes: int64(i), LagSeconds: float64(i)})
	}
	files = append(files, FileStatus{Path: "/logs/499", LagBytes: 1, LagSeconds: 1000}) // an older generation of it
	have := lagging(files)
	if len(have) != maxLagging {
		t.Fatalf("want %d, have %d", maxLagging, len(have))
	}
	if d := cmp.Diff(FileStatus{Path: "/logs/499", LagBytes: 500, LagSeconds: 1000}, have[0]); d != "" {
		t.Errorf("the one that lags most (-want +have):\n%s", d)
	}
	if have[99].Path != "/logs/400" {
		t.Errorf("the last: %s", have[99].Path)
	}
}

package shipper

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foghorn/shipper/multiline"
)

// TestEventsLongerThanTheBurstArriveWhereFilesWaitForATurn: lines that are held back when a
// source over its rate gives up its turn are not read again and again.
func TestEventsLongerThanTheBurstArriveWhereFilesWaitForATurn(t *testing.T) {
	t.Parallel()
	b := newBench(t, "*.none")
	b.cfg.MaxActive = 1
	b.cfg.Files = []FileConfig{{
		Paths: []string{filepath.Join(b.dir, "*.log")}, Rate: RateConfig{Lines: 20, Burst: 100 * time.Millisecond},
		Multiline: &multiline.Config{Start: "^S"},
	}}
	const files, lines = 8, 12
	text := strings.Repeat("S\n a\n b\n c\n d\n e\n", 2)
	for i := range files {
		b.write(fmt.Sprintf("%d.log", i), text)
	}
	b.start()
	b.until("all lines", func() bool {
		n := 0
		for _, l := range b.sink.all() {
			n += 1 + strings.Count(string(l.Raw), "\n")
		}
		return n == files*lines
	})
	if gaps := b.sink.gaps(); gaps != nil {
		t.Error(gaps)
	}
}

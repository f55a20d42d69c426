package shipper

import (
	"testing"

	"go.uber.org/goleak"
)

func TestRunJoinsItsGoroutines(t *testing.T) {
	now := goleak.IgnoreCurrent()
	b := newBench(t, "*.log")
	b.write("a.log", "one\n")
	b.write("b.log", "one\nhalf")
	b.start()
	b.want("a.log", "one")
	b.write("a.log", "two\n")
	b.want("a.log", "one", "two")
	b.end()
	if n := b.sink.count(); n != 3 {
		t.Errorf("lines: want 3, have %d", n)
	}
	// hpcloud/tail's poller ends up to 250 ms after its tail: goleak waits for it.
	goleak.VerifyNone(t, now)
}

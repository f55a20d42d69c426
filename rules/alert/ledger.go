package alert

import "sync"

// ledger knows, for one claim, which events all receivers are done with, and so up to
// where the claim may be committed. Safe for concurrent use.
type ledger struct {
	mu   sync.Mutex
	open []entry // by rising offset
	next int64   // all records before it are done
	read int64   // all records before it were taken
}

type entry struct {
	offset int64
	left   int // receivers that are not done with it
}

func newLedger(committed int64) *ledger { return &ledger{next: committed, read: committed} }

// take books a record for n receivers; 0 means that nobody has to be told.
func (l *ledger) take(offset int64, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 {
		l.open = append(l.open, entry{offset, n})
	}
	l.read = offset + 1
	l.advance()
}

// done says that one receiver is done with a record.
func (l *ledger) done(offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.open {
		if l.open[i].offset == offset {
			l.open[i].left--
			break
		}
	}
	l.advance()
}

func (l *ledger) advance() {
	i := 0
	for i < len(l.open) && l.open[i].left <= 0 {
		i++
	}
	l.open = append(l.open[:0], l.open[i:]...)
	l.next = l.read
	if len(l.open) > 0 {
		l.next = l.open[0].offset
	}
}

// committable returns the offset up to which everything is done, and whether that is all
// that was taken.
func (l *ledger) committable() (next int64, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next, len(l.open) == 0
}

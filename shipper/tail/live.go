package tail

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync/atomic"

	"github.com/hpcloud/tail"
)

// ErrUnsupported says that Live cannot follow a file here; a Reader has to poll it.
var ErrUnsupported = errors.New("live following is not supported here")

// Text is one line as hpcloud/tail gives it. Only its Text counts.
type Text = tail.Line

// Live follows a file while it grows. It names the file by the descriptor of its
// caller's os.File, so that it stays with the inode through rename and removal; that
// os.File has to stay open until Stop has returned.
//
// hpcloud/tail gives no offsets: a line that starts at o is followed by one at
// o+len(Text)+1. A line is held in memory whole: a caller with a limit stops Live when the
// file grows and no line comes.
type Live struct {
	t         *tail.Tail
	truncated atomic.Bool
}

// Follow starts to follow f from a line's start on.
func Follow(f *os.File, offset int64) (*Live, error) {
	path, err := livePath(f)
	if err != nil {
		return nil, err
	}
	l := &Live{}
	l.t, err = tail.TailFile(path, tail.Config{
		Follow:    true,
		Poll:      true,
		MustExist: true,
		Location:  &tail.SeekInfo{Offset: offset, Whence: io.SeekStart},
		Logger:    &events{Logger: log.New(io.Discard, "", 0), truncated: &l.truncated},
	})
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	return l, nil
}

// Lines gives the lines. It is closed when following has ended, by Stop or by a fault;
// the caller then looks at the file and starts again.
func (l *Live) Lines() <-chan *Text { return l.t.Lines }

// Truncated says that the file became shorter: lines that are taken from Lines after
// that are those of the new content, with offsets from 0.
func (l *Live) Truncated() bool { return l.truncated.Load() }

// Stop ends following and returns when the follower has. Lines that were not taken are
// dropped: they are still in the file.
func (l *Live) Stop() {
	l.t.Kill(nil)
	// The follower may be waiting for its line to be taken, and notices the stop only
	// then: without this Stop would wait for ever.
	for range l.t.Lines {
	}
	<-l.t.Dead()
}

// events hears from hpcloud/tail's log, before the next line is sent, that it starts
// again at the file's beginning.
type events struct {
	*log.Logger
	truncated *atomic.Bool
}

func (e *events) Printf(format string, _ ...any) {
	if strings.HasPrefix(format, "Re-opening truncated file") {
		e.truncated.Store(true)
	}
}

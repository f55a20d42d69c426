package tail

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/hpcloud/tail"
)

// ErrUnsupported says that Live cannot follow a file here; a Reader has to poll it.
var ErrUnsupported = errors.New("live following is not supported here")

// ErrTruncated stands between the lines of the old content and those of the new.
var ErrTruncated = errors.New("file was truncated")

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
	t     *tail.Tail
	ready chan struct{} // closed when t is set
}

// Follow starts to follow f from a line's start on.
func Follow(f *os.File, offset int64) (*Live, error) {
	path, err := livePath(f)
	if err != nil {
		return nil, err
	}
	l := &Live{ready: make(chan struct{})}
	l.t, err = tail.TailFile(path, tail.Config{
		Follow:    true,
		Poll:      true,
		MustExist: true,
		Location:  &tail.SeekInfo{Offset: offset, Whence: io.SeekStart},
		Logger:    &events{Logger: log.New(io.Discard, "", 0), live: l},
	})
	close(l.ready)
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	return l, nil
}

// Lines gives the lines. A Text with Err ErrTruncated says that the file became shorter:
// those behind it are of the new content, with offsets from 0. The channel is closed when
// following has ended, by Stop or by a fault; the caller then looks at the file and starts
// again.
func (l *Live) Lines() <-chan *Text { return l.t.Lines }

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

// events hears from hpcloud/tail's log that it starts again at the file's beginning. It
// is called by the goroutine that sends the lines, and puts ErrTruncated between them,
// exactly where the old content ends.
type events struct {
	*log.Logger
	live *Live
}

func (e *events) Printf(format string, _ ...any) {
	if strings.HasPrefix(format, "Re-opening truncated file") {
		<-e.live.ready
		e.live.t.Lines <- &Text{Err: ErrTruncated}
	}
}

package control

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"foghorn/shipper"
)

// printer writes progress: a line that changes on a terminal, else a line now and then.
type printer struct {
	out      io.Writer
	terminal bool
	start    time.Time
	next     time.Time
	width    int
}

func newPrinter(out io.Writer, now time.Time) *printer {
	p := &printer{out: out, start: now}
	if f, ok := out.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
			p.terminal = true
		}
	}
	return p
}

const lineEvery = 5 * time.Second

func (p *printer) tell(now shipper.Progress, at time.Time) {
	if now.Files == 0 && !now.Finished || now.Finished || at.Before(p.next) {
		return
	}
	text := progress(now, at.Sub(p.start))
	if p.terminal {
		fmt.Fprintf(p.out, "\r%-*s", p.width, text)
		p.width = len(text)
		return
	}
	fmt.Fprintln(p.out, text)
	p.next = at.Add(lineEvery)
}

// progress is one line: what is done, how fast, and how long it takes at that pace.
func progress(now shipper.Progress, took time.Duration) string {
	text := fmt.Sprintf("%s; %d done, %s of %s", files(now), now.Done-now.Already, size(now.Acked), size(now.Bytes))
	if s := took.Seconds(); s > 0 && now.Acked > 0 {
		text += fmt.Sprintf(", %s lines/s", humanize.Comma(int64(float64(now.Lines)/s)))
		left := time.Duration(float64(took) * float64(now.Bytes-now.Acked) / float64(now.Acked))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

func files(now shipper.Progress) string {
	if now.Already == 0 {
		return fmt.Sprintf("%d files", now.Files)
	}
	return fmt.Sprintf("%d files, %d already shipped", now.Files, now.Already)
}

// end writes the result, and returns an error if some files could not be read.
func (p *printer) end(last shipper.Progress, at time.Time) error {
	if p.terminal && p.width > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
	}
	fmt.Fprintf(p.out, "%s; shipped %s lines, %s, in %s\n", files(last), humanize.Comma(last.Lines), size(last.Acked), at.Sub(p.start).Round(100*time.Millisecond))
	for _, text := range last.Problems {
		fmt.Fprintln(p.out, text)
	}
	if n := len(last.Problems); n > 0 {
		return fmt.Errorf("backfill: %d files or folders could not be read", n)
	}
	if last.Files == 0 {
		return fmt.Errorf("backfill: no file matches")
	}
	return nil
}

package shipper

import (
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/time/rate"

	"foghorn/shipper/tail"
)

// RateConfig bounds how fast one source is read. A source over its rate is read later;
// its file is the buffer, and nothing is dropped.
type RateConfig struct {
	// Bytes and Lines are per second and source; zero is no bound.
	Bytes int `yaml:"bytes"`
	Lines int `yaml:"lines"`
	// Burst is how much of a second's share may be read at once after a pause. Default 1 s.
	Burst time.Duration `yaml:"burst"`
}

func (c RateConfig) fill() RateConfig {
	if c.Burst == 0 {
		c.Burst = time.Second
	}
	return c
}

// Validate reports all that is wrong, each fault with the key that it is about.
func (c RateConfig) Validate() error {
	var errs []error
	if c.Bytes < 0 {
		errs = append(errs, fmt.Errorf("bytes: want 0 or more, have %d", c.Bytes))
	}
	if c.Lines < 0 {
		errs = append(errs, fmt.Errorf("lines: want 0 or more, have %d", c.Lines))
	}
	if b := c.fill().Burst; b < 10*time.Millisecond || b > time.Hour {
		errs = append(errs, fmt.Errorf("burst: want 10ms to 1h, have %v", b))
	}
	return errors.Join(errs...)
}

// limiter holds one source to its rate. It is a pair of token buckets; a line may take
// more tokens than there are, and then the next one waits until they are earned.
type limiter struct {
	bytes, lines *rate.Limiter // nil: no bound
}

func newLimiter(c RateConfig) *limiter {
	bucket := func(perSecond int) *rate.Limiter {
		if perSecond == 0 {
			return nil
		}
		return rate.NewLimiter(rate.Limit(perSecond), max(1, int(float64(perSecond)*c.Burst.Seconds())))
	}
	if c.Bytes == 0 && c.Lines == 0 {
		return nil
	}
	return &limiter{bytes: bucket(c.Bytes), lines: bucket(c.Lines)}
}

// allow returns how many of lines may be read now: until the tokens are used up.
func (l *limiter) allow(lines []tail.Line, now time.Time) int {
	bytes, count := tokens(l.bytes, now), tokens(l.lines, now)
	for i := range lines {
		if bytes < 1 || count < 1 {
			return i
		}
		bytes -= float64(lines[i].Size)
		count--
	}
	return len(lines)
}

func tokens(b *rate.Limiter, now time.Time) float64 {
	if b == nil {
		return math.Inf(1)
	}
	return b.TokensAt(now)
}

// charge takes the tokens of lines, be they there or not.
func (l *limiter) charge(lines []tail.Line, now time.Time) {
	for i := range lines {
		take(l.bytes, int(lines[i].Size), now)
		take(l.lines, 1, now)
	}
}

// refund gives back the tokens of lines that will be read again.
func (l *limiter) refund(lines, bytes int, now time.Time) {
	if l.bytes != nil {
		l.bytes.ReserveN(now, -bytes)
	}
	if l.lines != nil {
		l.lines.ReserveN(now, -lines)
	}
}

func take(b *rate.Limiter, n int, now time.Time) {
	for b != nil && n > 0 {
		part := min(n, b.Burst())
		b.ReserveN(now, part) // never fails: part is within the burst
		n -= part
	}
}

// delay is how long no line may be read.
func (l *limiter) delay(now time.Time) time.Duration {
	return max(wanting(l.bytes, now), wanting(l.lines, now))
}

// wanting is how long it takes until a whole token is there.
func wanting(b *rate.Limiter, now time.Time) time.Duration {
	if have := tokens(b, now); have < 1 {
		return time.Duration((1-have)/float64(b.Limit())*float64(time.Second)) + 1
	}
	return 0
}

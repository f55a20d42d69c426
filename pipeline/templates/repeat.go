package templates

import "bytes"

const (
	// minRepeats is the number of tokens from which on repeats are looked for: short
	// messages have none, and most messages are short.
	minRepeats = 24
	// minPeriod to maxPeriod tokens are repeated, at least times times.
	minPeriod = 3
	maxPeriod = 16
	times     = 3
)

// repeats makes one variable of tokens that are repeated, as in
// "List([a,1] -> (2), [b,3] -> (4), [c,5] -> (6))": what is listed tells no templates
// apart, nor how much.
func (s *Scratch) repeats() {
	s.print()
	for i := 0; i+times*minPeriod <= len(s.tokens)+1; i++ {
		for p := minPeriod; p <= maxPeriod && i+times*p <= len(s.tokens)+1; p++ {
			if i+p < len(s.prints) && s.prints[i] != s.prints[i+p] {
				continue
			}
			n, values := 0, false
			for i+n+p < len(s.tokens) && s.alike(&s.tokens[i+n], &s.tokens[i+n+p], n == 0) {
				values = values || s.tokens[i+n].kind > name
				n++
			}
			// Whole repeats; the last one may lack the separator.
			n += p
			if n%p != p-1 {
				n -= n % p
			}
			if values && n >= times*p-1 {
				s.replace(i, i+n)
				s.print()
				break
			}
		}
	}
}

// print makes the tokens' prints: tokens with different ones are not alike.
func (s *Scratch) print() {
	s.prints = s.prints[:0]
	for i := range s.tokens {
		t := &s.tokens[i]
		n := t.skelEnd - t.skelStart
		print := uint32(t.kind)<<24 | uint32(n)&0xffff<<8
		if n > 0 {
			print |= uint32(s.skel[t.skelStart])
		}
		s.prints = append(s.prints, print)
	}
}

// alike tells whether two tokens have the same piece of skeleton; the first of a list may
// have another white space before it.
func (s *Scratch) alike(a, b *token, first bool) bool {
	return a.kind == b.kind && (first || a.flags&spaced == b.flags&spaced) &&
		bytes.Equal(s.skel[a.skelStart:a.skelEnd], s.skel[b.skelStart:b.skelEnd])
}

// replace makes one variable of the tokens from i to before j.
func (s *Scratch) replace(i, j int) {
	first, after := s.tokens[i], s.tokens[j:]
	end := s.tokens[j-1].end
	s.drop(i)
	s.push(&token{start: first.start, end: end, unit: end, kind: variable, flags: first.flags & spaced})
	for k := range after {
		s.push(&after[k])
	}
}

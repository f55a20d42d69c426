package store

import (
	"encoding/binary"
	"math/bits"
)

// Kinds of a column of slots, see FORMAT.md.
const (
	slotsSame   = iota // all the one that follows
	slotsChoice        // one of few: a byte each
	slotsNumber        // numbers from a smallest one on, in bits
	slotsDelta         // differences of numbers, in bits
	slotsHex           // hexadecimal digits, all of one length
	slotsText
)

// maxChoices bounds the values of a column that names them by a byte.
const maxChoices = 24

// maxDigits is the length of the longest number that is packed: 19 digits fit in 64 bits.
const maxDigits = 19

// columnEncoder encodes columns of slots, one after the other.
type columnEncoder struct {
	heads   []byte // kinds and what goes with them
	text    []byte // of slotsText
	choices []byte
	packed  []byte
	out     []byte

	digits  bool // the last column's values are digits and nothing else
	known   [][]byte
	refs    []byte
	numbers []uint64
	dict    map[string]uint64
}

func (c *columnEncoder) reset() {
	c.heads, c.text, c.choices, c.packed = c.heads[:0], c.text[:0], c.choices[:0], c.packed[:0]
}

// encode takes the values of a column, of which there is at least one, and returns them, or
// each of them once.
func (c *columnEncoder) encode(values [][]byte) [][]byte {
	c.digits = false
	if c.few(values) {
		return c.known
	}
	prefix, suffix := commonEnds(values)
	if c.number(values, prefix, suffix) {
		c.digits = prefix+suffix == 0
		return values
	}
	if c.hex(values, prefix, suffix) {
		return values
	}
	start := len(c.text)
	if c.dict == nil {
		c.dict = make(map[string]uint64)
	}
	clear(c.dict)
	for _, v := range values {
		if ref, ok := c.dict[string(v)]; ok {
			c.text = binary.AppendUvarint(c.text, ref)
			continue
		}
		c.dict[string(v)] = uint64(len(c.dict) + 1)
		c.text = binary.AppendUvarint(append(c.text, 0), uint64(len(v)))
		c.text = append(c.text, v...)
	}
	c.heads = binary.AppendUvarint(append(c.heads, slotsText), uint64(len(c.text)-start))
	return values
}

// few encodes columns of few values.
func (c *columnEncoder) few(values [][]byte) bool {
	c.known, c.refs = append(c.known[:0], values[0]), append(c.refs[:0], 0)
	most := min(maxChoices, 1+len(values)/3)
next:
	for _, v := range values[1:] {
		for i, k := range c.known {
			if string(k) == string(v) {
				c.refs = append(c.refs, byte(i))
				continue next
			}
		}
		if len(c.known) == most {
			return false
		}
		c.refs = append(c.refs, byte(len(c.known)))
		c.known = append(c.known, v)
	}
	if len(c.known) == 1 {
		c.heads = append(c.heads, slotsSame)
	} else {
		c.heads = append(c.heads, slotsChoice, byte(len(c.known)))
		c.choices = append(c.choices, c.refs...)
	}
	for _, k := range c.known {
		c.heads = binary.AppendUvarint(c.heads, uint64(len(k)))
		c.heads = append(c.heads, k...)
	}
	return true
}

// commonEnds returns how much all values have in common at their ends, without digits.
func commonEnds(values [][]byte) (prefix, suffix int) {
	first := values[0]
	for prefix < len(first) && first[prefix]-'0' >= 10 {
		prefix++
	}
	for suffix < len(first)-prefix && first[len(first)-1-suffix]-'0' >= 10 {
		suffix++
	}
	for _, v := range values[1:] {
		prefix, suffix = min(prefix, len(v)), min(suffix, len(v))
		for i := range prefix {
			if v[i] != first[i] {
				prefix = i
				break
			}
		}
		for i := range suffix {
			if v[len(v)-1-i] != first[len(first)-1-i] {
				suffix = i
				break
			}
		}
		if over := prefix + suffix - len(v); over > 0 {
			suffix -= over
		}
	}
	return prefix, suffix
}

func (c *columnEncoder) head(kind byte, value []byte, prefix, suffix int) {
	c.heads = append(c.heads, kind)
	c.heads = binary.AppendUvarint(c.heads, uint64(prefix))
	c.heads = append(c.heads, value[:prefix]...)
	c.heads = binary.AppendUvarint(c.heads, uint64(suffix))
	c.heads = append(c.heads, value[len(value)-suffix:]...)
}

// number encodes columns of decimal numbers: of one length, or without leading zeros.
func (c *columnEncoder) number(values [][]byte, prefix, suffix int) bool {
	c.numbers = c.numbers[:0]
	width := len(values[0]) - prefix - suffix
	zeros := false
	for _, v := range values {
		v = v[prefix : len(v)-suffix]
		if len(v) == 0 || len(v) > maxDigits {
			return false
		}
		if len(v) != width {
			width = 0
		}
		zeros = zeros || v[0] == '0' && len(v) > 1
		n := uint64(0)
		for _, b := range v {
			d := uint64(b - '0')
			if d > 9 {
				return false
			}
			n = n*10 + d
		}
		c.numbers = append(c.numbers, n)
	}
	if zeros && width == 0 {
		return false
	}
	if !zeros {
		width = 0
	}
	least, most := c.numbers[0], c.numbers[0]
	leastStep, mostStep := int64(0), int64(0)
	for i, n := range c.numbers {
		least, most = min(least, n), max(most, n)
		if i > 0 {
			step := int64(n - c.numbers[i-1])
			if i == 1 {
				leastStep, mostStep = step, step
			}
			leastStep, mostStep = min(leastStep, step), max(mostStep, step)
		}
	}
	plain, steps := bits.Len64(most-least), bits.Len64(uint64(mostStep-leastStep))
	if len(values) > 4 && steps < plain && least <= most && most < 1<<62 {
		c.head(slotsDelta, values[0], prefix, suffix)
		c.heads = append(c.heads, byte(width), byte(steps))
		c.heads = binary.AppendUvarint(c.heads, c.numbers[0])
		c.heads = binary.AppendVarint(c.heads, leastStep)
		p := bitPacker{out: c.packed}
		for i := 1; i < len(c.numbers); i++ {
			p.put(uint64(int64(c.numbers[i]-c.numbers[i-1])-leastStep), steps)
		}
		c.packed = p.flush()
		return true
	}
	c.head(slotsNumber, values[0], prefix, suffix)
	c.heads = append(c.heads, byte(width), byte(plain))
	c.heads = binary.AppendUvarint(c.heads, least)
	p := bitPacker{out: c.packed}
	for _, n := range c.numbers {
		p.put(n-least, plain)
	}
	c.packed = p.flush()
	return true
}

// hex encodes columns of hexadecimal numbers of one length, in small letters.
func (c *columnEncoder) hex(values [][]byte, prefix, suffix int) bool {
	// The ends may have taken letters that are digits here.
	first := values[0]
	for prefix > 0 && hexDigit[first[prefix-1]] < 16 {
		prefix--
	}
	for suffix > 0 && hexDigit[first[len(first)-suffix]] < 16 {
		suffix--
	}
	n := len(first) - prefix - suffix
	if n == 0 || n > 255 {
		return false
	}
	for _, v := range values {
		if len(v)-prefix-suffix != n {
			return false
		}
		for _, b := range v[prefix : prefix+n] {
			if hexDigit[b] > 15 {
				return false
			}
		}
	}
	c.head(slotsHex, first, prefix, suffix)
	c.heads = append(c.heads, byte(n))
	for _, v := range values {
		v = v[prefix : prefix+n]
		for i := 0; i < n; i += 2 {
			b := hexDigit[v[i]] << 4
			if i+1 < n {
				b |= hexDigit[v[i+1]]
			}
			c.packed = append(c.packed, b)
		}
	}
	return true
}

var hexDigit = hexDigits()

func hexDigits() (t [256]uint8) {
	for b := range t {
		switch {
		case '0' <= b && b <= '9':
			t[b] = uint8(b - '0')
		case 'a' <= b && b <= 'f':
			t[b] = uint8(b - 'a' + 10)
		default:
			t[b] = 255
		}
	}
	return t
}

// bitPacker writes numbers of some bits each, the lowest first.
type bitPacker struct {
	out  []byte
	word uint64
	n    int // bits in word
}

func (p *bitPacker) put(v uint64, width int) {
	p.word |= v << p.n
	if p.n+width >= 64 {
		p.out = binary.LittleEndian.AppendUint64(p.out, p.word)
		p.word = 0
		if p.n > 0 {
			p.word = v >> (64 - p.n)
		}
		p.n += width - 64
		return
	}
	p.n += width
}

// flush writes what is left, in whole bytes.
func (p *bitPacker) flush() []byte {
	for ; p.n > 0; p.n -= 8 {
		p.out = append(p.out, byte(p.word))
		p.word >>= 8
	}
	return p.out
}

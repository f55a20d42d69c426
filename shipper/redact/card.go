package redact

type card struct{}

func (card) apply(line []byte) ([]byte, int) {
	if len(line) < minCard {
		return line, 0
	}
	return replaceAll(line, "<card>", findCard)
}

// Lengths of card numbers, ISO/IEC 7812.
const (
	minCard = 13
	maxCard = 19
)

// findCard finds the first card number that starts at or behind from: at the start of a
// group of digits that no letter or digit stands before.
func findCard(line []byte, from int) (start, end int) {
	for i := from; i+minCard <= len(line); i++ {
		if !digit(line[i]) {
			continue
		}
		if i == 0 || !joins(line, i) {
			if end := cardEnd(line, i); end > 0 {
				return i, end
			}
		}
		for i+1 < len(line) && digit(line[i+1]) {
			i++ // the rest of the group
		}
	}
	return -1, 0
}

// joins says whether what stands before i makes the digits there part of a longer word or
// of a decimal fraction.
func joins(line []byte, i int) bool {
	c := line[i-1]
	return alnum(c) || c == '_' || c == '.' && i > 1 && digit(line[i-2])
}

// cardEnd returns the end of the longest card number at i, or 0.
func cardEnd(line []byte, i int) (end int) {
	if !issued(line[i:]) {
		return 0
	}
	var digits [maxCard]byte
	n := 0
	for j := i; j < len(line); j++ {
		c := line[j]
		if !digit(c) {
			if (c != ' ' && c != '-') || j+1 >= len(line) || !digit(line[j+1]) {
				break
			}
			continue
		}
		if n == maxCard {
			break
		}
		digits[n] = c - '0'
		n++
		if ends(line, j+1) && n >= minCard && luhn(digits[:n]) {
			end = j + 1
		}
	}
	return end
}

// ends is joins for what stands at i, behind digits.
func ends(line []byte, i int) bool {
	if i == len(line) {
		return true
	}
	c := line[i]
	return !alnum(c) && c != '_' && !(c == '.' && i+1 < len(line) && digit(line[i+1]))
}

// issued says whether the first digit is one that card networks have: 2 and 5
// (Mastercard), 3 (American Express, Diners, JCB; 30, 34 to 38), 4 (Visa), 6 (Discover,
// UnionPay, Maestro).
func issued(b []byte) bool {
	switch b[0] {
	case '4', '6':
		return true
	case '5':
		return b[1] != '9'
	case '2':
		return '2' <= b[1] && b[1] <= '7'
	case '3':
		return b[1] == '0' || '4' <= b[1] && b[1] <= '8'
	}
	return false
}

// luhn checks the last digit (ISO/IEC 7812-1, annex B).
func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		v := int(d)
		if (len(digits)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

package redact

type ipv4 struct{}

func (ipv4) apply(line []byte) ([]byte, int) {
	if !has(line, '.') {
		return line, 0
	}
	return replaceAll(line, "<ipv4>", findIPv4)
}

// findIPv4 finds four numbers up to 255 with dots between them, that are not part of a
// longer run of digits and dots, as versions are.
func findIPv4(line []byte, from int) (start, end int) {
	for i := from; i+7 <= len(line); i++ {
		if !digit(line[i]) {
			continue
		}
		alone := i == 0 || !alnum(line[i-1]) && line[i-1] != '.' && line[i-1] != '_'
		j, ok := i, alone
		for part := 0; part < 4 && ok; part++ {
			n, value := 0, 0
			for j+n < len(line) && digit(line[j+n]) && n < 4 {
				value = 10*value + int(line[j+n]-'0')
				n++
			}
			if ok = n > 0 && n < 4 && value <= 255; !ok {
				break
			}
			j += n
			if part < 3 {
				if ok = j < len(line) && line[j] == '.'; ok {
					j++
				}
			}
		}
		if ok && (j == len(line) || !alnum(line[j]) && line[j] != '_' && !(line[j] == '.' && j+1 < len(line) && digit(line[j+1]))) {
			return i, j
		}
		for i+1 < len(line) && (digit(line[i+1]) || line[i+1] == '.') {
			i++
		}
	}
	return -1, 0
}

package parse

func readSyslog5424(p *Parser, line []byte) bool { return false }

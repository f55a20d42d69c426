package parse

// details takes from a message what is worth finding wherever it stands: trace ids and
// key=value pairs.
func (p *Parser) details(message []byte) {
	p.traceIn(message)
}

package openapi

// How often somebody without a session may try to get one. What keeps guesses
// from a secret is the tries that identity counts, durably; this keeps one
// address from going through many names, and from making the server hash for
// nothing.
var (
	codeByAddress  = quota{0.2, 60}  // one-time codes cost money and annoy
	codeByPhone    = quota{0.05, 10} // for all purposes together
	loginByAddress = quota{2, 200}   // a whole office behind one address signs in at nine
	loginByName    = quota{0.5, 40}
	signUpByPhone  = quota{0.2, 20}
)

// limitSignIn counts one try to get in, by address and by name.
func (s *Server) limitSignIn(b Browser, byAddress quota, what, name string, byName quota) error {
	if err := s.limits.take(what+" address "+s.opt.ClientIP(b.r), byAddress); err != nil {
		return err
	}
	return s.limits.take(what+" name "+name, byName)
}

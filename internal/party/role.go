package party

// Role is what somebody is to a merchant or the platform, or what a key was
// made for. Person is everybody's role in their own wallet.
type Role string

const (
	PersonRole Role = "person"

	Owner   Role = "owner"
	Manager Role = "manager"
	Cashier Role = "cashier"
	Viewer  Role = "viewer"
	FullKey Role = "full key" // an API key with the scope full: a program of the merchant
	ReadKey Role = "read key"

	Agent   Role = "agent"   // decides disputes
	Auditor Role = "auditor" // sees everything, changes nothing
	Admin   Role = "admin"
)

// Roles lists every role, in the order of the docs' table.
var Roles = []Role{PersonRole, Owner, Manager, Cashier, Viewer, FullKey, ReadKey, Agent, Auditor, Admin}

// OfStaff says that a member of a merchant's staff can have the role.
func (r Role) OfStaff() bool { return r == Owner || r == Manager || r == Cashier || r == Viewer }

// OfOperator says that an operator can have the role.
func (r Role) OfOperator() bool { return r == Agent || r == Auditor || r == Admin }

// Act is something that not everybody may do. That one may do an act at all
// says nothing about whose object it is done to: that is asked of the object.
type Act string

const (
	View            Act = "view" // one's own objects; operators: everybody's
	Pay             Act = "pay"
	ConfirmReceipt  Act = "confirm receipt"
	OpenDispute     Act = "open dispute"
	Extend          Act = "extend"
	Transfer        Act = "transfer"
	TopUp           Act = "top up"
	Withdraw        Act = "withdraw"
	ManageCards     Act = "manage cards"
	ManageWallet    Act = "manage wallet" // nickname, passwords, identity, devices
	CreatePayment   Act = "create payment"
	ClosePayment    Act = "close payment"
	Ship            Act = "ship"
	Refund          Act = "refund"
	AnswerDispute   Act = "answer dispute"
	Hold            Act = "hold"
	ManageWebhooks  Act = "manage webhooks"
	ManageKeys      Act = "manage keys"
	ManageTeam      Act = "manage team"
	DecideDispute   Act = "decide dispute"
	RunJob          Act = "run job"
	Correct         Act = "correct the books"
	ManageMerchants Act = "manage merchants"
	ManageOperators Act = "manage operators"
)

// rights is the table of who may do what. It stands in docs/identity.md too,
// and a test holds the two together.
var rights = []struct {
	act   Act
	roles []Role
}{
	{View, Roles},
	{Pay, []Role{PersonRole}},
	{ConfirmReceipt, []Role{PersonRole}},
	{OpenDispute, []Role{PersonRole}},
	{ManageWallet, []Role{PersonRole}},
	{Extend, []Role{PersonRole, Owner, Manager, FullKey}},
	{Transfer, []Role{PersonRole, Owner, FullKey}},
	{TopUp, []Role{PersonRole, Owner, Manager, FullKey}},
	{Withdraw, []Role{PersonRole, Owner, FullKey}},
	{ManageCards, []Role{PersonRole, Owner}},
	{CreatePayment, []Role{Owner, Manager, Cashier, FullKey}},
	{ClosePayment, []Role{PersonRole, Owner, Manager, Cashier, FullKey}},
	{Ship, []Role{Owner, Manager, FullKey}},
	{Refund, []Role{Owner, Manager, FullKey}},
	{AnswerDispute, []Role{Owner, Manager, FullKey}},
	{Hold, []Role{Owner, Manager, FullKey}},
	{ManageWebhooks, []Role{Owner, Manager, FullKey}},
	{ManageKeys, []Role{Owner}},
	{ManageTeam, []Role{Owner}},
	{DecideDispute, []Role{Agent, Admin}},
	{RunJob, []Role{Admin}},
	{Correct, []Role{Admin}},
	{ManageMerchants, []Role{Admin}},
	{ManageOperators, []Role{Admin}},
}

var mayDo = func() map[Role]map[Act]bool {
	table := map[Role]map[Act]bool{}
	for _, right := range rights {
		for _, role := range right.roles {
			if table[role] == nil {
				table[role] = map[Act]bool{}
			}
			table[role][right.act] = true
		}
	}
	return table
}()

// May says that the role may do the act. Unknown roles and acts may nothing.
func (r Role) May(act Act) bool { return mayDo[r][act] }

// Acts lists every act, in the order of the docs' table.
func Acts() []Act {
	acts := make([]Act, len(rights))
	for i, right := range rights {
		acts[i] = right.act
	}
	return acts
}

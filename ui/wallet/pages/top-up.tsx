import { BankForm } from '../parts/bank'

export default () => <BankForm way="in" />

import { BankResult } from '../parts/bank'

export default () => <BankResult way="out" />

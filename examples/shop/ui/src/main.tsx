import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { CartPage } from './pages/cart'
import { CheckoutPage } from './pages/checkout'
import { GoodPage } from './pages/good'
import { HomePage } from './pages/home'
import { OrderPage } from './pages/order'
import { OrdersPage } from './pages/orders'
import { SellerPage } from './pages/seller'
import { Nothing, Page } from './parts'
import { PlaceProvider, usePlace, useWords } from './place'
import { StoresProvider } from './stores'
import './look.css'

function App() {
  const { path } = usePlace()
  const { t } = useWords()
  const [, page, of = ''] = path.split('/').map(decodeURIComponent)
  switch (page) {
    case '':
      return <HomePage />
    case 'goods':
      return <GoodPage key={of} sku={of} />
    case 'sellers':
      return <SellerPage key={of} shelf={of} />
    case 'cart':
      return <CartPage />
    case 'checkout':
      return <CheckoutPage key={of} id={of} />
    case 'orders':
      return of ? <OrderPage key={of} no={of} /> : <OrdersPage />
  }
  return (
    <Page title={t('notFound')} tabs>
      <Nothing heading title={t('notFound')} body={t('notFoundBody')} to="/" link={t('lookAround')} />
    </Page>
  )
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <PlaceProvider>
      <StoresProvider>
        <App />
      </StoresProvider>
    </PlaceProvider>
  </StrictMode>,
)

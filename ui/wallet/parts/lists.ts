// lists reads a cursor's list page by page.
import { useInfiniteQuery } from '@tanstack/react-query'
import type { Page } from '../api/wallet'

export interface Rows<T> {
  data: T[] | undefined
  error: unknown
  isPending: boolean
  refetch: () => unknown
  more: boolean
  loadMore: () => void
  loadingMore: boolean
  moreError: unknown
}

export function useRows<T>(key: unknown[], load: (cursor?: string) => Promise<Page<T>>): Rows<T> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
  return {
    data: query.data?.pages.flatMap((page) => page.data),
    error: query.error,
    isPending: query.isPending,
    refetch: () => query.refetch(),
    more: query.hasNextPage,
    loadMore: () => !query.isFetchingNextPage && void query.fetchNextPage(),
    loadingMore: query.isFetchingNextPage,
    moreError: query.isFetchNextPageError ? query.error : undefined,
  }
}
